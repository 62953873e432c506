// The page: follows the inspector's stream of events, and shows what it says.
import { largeChart, spark } from "./chart.js";
import {
	$,
	age,
	bytes,
	el,
	entryOf,
	hasLine,
	keyed,
	ms,
	setBars,
	setFacts,
	short,
	shown,
	whole,
	write,
} from "./dom.js";
import { openClient, openConnection, openGroup, setAllowed } from "./drawer.js";
import { soon } from "./frames.js";
import { createProcesses, drawProcesses } from "./processes.js";
import { drawRuns, setRuns } from "./runs.js";
import { get, setServer } from "./server.js";
import { openStream } from "./stream.js";
import { createTable } from "./table.js";

const FIGURES = [
	["connections", "Connections", (value) => [short(value), ""]],
	["events", "Deliveries", (value) => [short(value), "/s"]],
	["bytes", "Bytes", (value) => [bytes(value)[0], `${bytes(value)[1]}/s`]],
	["opened", "Opened", (value) => [short(value), "/s"]],
	["dropped", "Dropped", (value) => [short(value), "/s"]],
	[
		"p99",
		"Send to write, p99",
		(value) => [
			value >= 1000 ? (value / 1000).toFixed(1) : value.toFixed(value < 10 ? 1 : 0),
			value >= 1000 ? "s" : "ms",
		],
	],
];
const isBadEnd = (reason) => ["slow", "error"].includes(reason);
const isGap = (outcome) => ["expired", "epoch", "diverged", "invalid", "slow"].includes(outcome);
const MAX_FEED = 200;
const MAX_SAMPLES = 720;

/** Of the last hour, oldest first. The server adds one each five seconds, so does this page. */
let history = [];
let seconds = 0;
let chosen = "connections";
let entries = [];
let isPaused = false;
let lastTick = 0;
/** The process that the stream comes from. */
let here;
let isLive = false;
let startedAt = Date.now();

const tiles = new Map();
for (const [name, title] of FIGURES) {
	const [value, unit] = [el("span", "", "–"), el("small", "", "")];
	const line = spark();
	const tile = el("button", "tile", el("span", "muted", title), el("b", "", value, unit), line.box);
	tile.type = "button";
	tile.setAttribute("role", "radio");
	tile.addEventListener("click", () => choose(name));
	$("tiles").append(tile);
	tiles.set(name, { tile, value, unit, line });
}
$("tiles").addEventListener("keydown", (event) => {
	const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
	if (step === undefined) return;
	event.preventDefault();
	const at = FIGURES.findIndex(([name]) => name === chosen);
	const [next] = FIGURES[(at + step + FIGURES.length) % FIGURES.length];
	choose(next);
	tiles.get(next).tile.focus();
});

const draw = largeChart();
const table = createTable(openConnection);
createProcesses((id) => table.setProcess(id));

function choose(name) {
	chosen = name;
	for (const [of, { tile }] of tiles) {
		tile.setAttribute("aria-checked", String(of === name));
		tile.tabIndex = of === name ? 0 : -1;
	}
	drawChart();
}

function drawTiles() {
	for (const [name, title, format] of FIGURES) {
		const { tile, line, ...of } = tiles.get(name);
		const [value, unit] = format(history.at(-1)[name]);
		write(of.value, value);
		write(of.unit, unit);
		tile.setAttribute("aria-label", `${title}: ${value} ${unit}`);
		line.set(history.slice(-120).map((each) => [each.t, each[name]]));
	}
}

function drawChart() {
	const [, title, format] = FIGURES.find(([name]) => name === chosen);
	const points = history.map((sample) => [sample.t, sample[chosen]]);
	draw(title, points, (value) => format(value).join(" ").replace(" /s", "/s").trim());
}

function say(state, text) {
	isLive = state === "live";
	$("status").dataset.state = state;
	write($("status-text"), text);
}

function onHello(hello) {
	const isFirst = here === undefined;
	// The numbers of entries are those of a process.
	if (hello.here !== here) $("feed").replaceChildren();
	here = hello.here;
	history = hello.history;
	startedAt = hello.startedAt;
	entries = hello.entries;
	$("name").textContent = shown(hello.name);
	document.title = `${shown(hello.name)} – Inspector`;
	setServer(hello);
	setAllowed(hello);
	setRuns(hello);
	if (isFirst && hello.isShared) table.setProcess("all");
	drawFeed();
	void drawGroups();
}

function onTick(tick) {
	const { sample } = tick;
	lastTick = Date.now();
	// The newest point moves each second, and stays each fifth.
	if (seconds++ % 5 === 0 || history.length === 0) history.push(sample);
	else history[history.length - 1] = sample;
	if (history.length > MAX_SAMPLES) history.shift();
	soon("tiles", drawTiles);
	soon("chart", drawChart);
	soon("log", () => drawLog(tick));
	if (tick.processes) soon("processes", () => drawProcesses(tick.processes, tick.processesError));
	soon("closes", () => setBars($("closes"), tick.stats.closes, { isBad: isBadEnd }));
	soon("resumes", () => setBars($("resumes"), tick.stats.resumes, { isBad: isGap }));
	if (tick.entries.length > 0) {
		entries = [...tick.entries, ...entries].slice(0, 1_000);
		if (!isPaused) soon("feed", drawFeed);
	}
	soon("table", table.refresh);
	if (seconds % 2 === 0) void drawRuns();
	if (seconds % 5 === 0) void drawGroups();
}

openStream({ hello: onHello, tick: onTick }, say);

setInterval(() => {
	if (!isLive || lastTick === 0) return;
	const isSilent = Date.now() - lastTick > 5_000;
	$("status").dataset.state = isSilent ? "lost" : "live";
	write($("status-text"), isSilent ? "No data" : "Live");
}, 1_000);

function drawLog({ health, stats, log, buffered }) {
	const badge = $("health");
	badge.className = `badge ${health.ready ? "good" : "bad"}`;
	write(badge, health.ready ? "Ready" : "Not ready");
	const kept = stats.history;
	setFacts($("log"), {
		Engine:
			kept === undefined
				? "none: no history"
				: health.log === undefined
					? "this process"
					: (health.log.engine ?? "shared"),
		Position: log.position === undefined ? undefined : shown(log.position),
		"Last append": ms(log.appendMs),
		Lag: ms(log.lagMs),
		Behind: health.log === undefined ? undefined : `${whole(health.log.behind)} events`,
		Kept:
			kept === undefined
				? undefined
				: `${whole(kept.events)} events, ${bytes(kept.bytes).join(" ")}`,
		"Waiting for clients": bytes(buffered).join(" "),
		Errors: whole(stats.errors),
		Error: health.log?.error === undefined ? undefined : shown(health.log.error),
		Watched: `for ${age(Date.now() - startedAt)}`,
	});
}

async function drawGroups() {
	const groups = await get("groups");
	if (groups === undefined) return;
	const tally = Object.fromEntries(groups.map(({ name, connections }) => [name, connections]));
	setBars($("groups"), tally, { onClick: openGroup, none: "No groups" });
}

function drawFeed() {
	const withSends = $("sends").checked;
	const visible = entries
		.filter((entry) => hasLine(entry) && (withSends || entry.kind !== "send"))
		.slice(0, MAX_FEED);
	if (visible.length === 0) visible.push(undefined);
	keyed(
		$("feed"),
		visible,
		(entry) => String(entry?.n),
		entryOrNone,
		() => {},
	);
}

function entryOrNone(entry) {
	return entry === undefined
		? el("li", "muted", "Nothing has happened yet.")
		: entryOf(entry, openClient);
}

$("sends").addEventListener("change", drawFeed);
$("pause").addEventListener("click", () => {
	isPaused = !isPaused;
	$("pause").setAttribute("aria-pressed", String(isPaused));
	$("pause").textContent = isPaused ? "Resume" : "Pause";
	if (!isPaused) drawFeed();
});
document.addEventListener("keydown", (event) => {
	if (event.key !== "/" || event.target.closest("input, textarea, select, dialog")) return;
	event.preventDefault();
	$("search").focus();
});
addEventListener("resize", drawChart);
choose(chosen);
