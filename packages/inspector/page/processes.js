// The processes that share the event log: their figures side by side, and the choice of whose connections are listed.
import { $, button, bytes, el, keyed, ms, short, shown, whole } from "./dom.js";

const STATES = { gone: "Process gone", left: "Closed" };

/** What is chosen: `all`, or the id of a process. */
let chosen = "all";
let choose = () => {};
/** How often the chosen process was not among them. Another process, to which the stream has moved, may not know it yet. */
let missed = 0;
const MAX_MISSED = 5;

/** @param onChoose called with `all` or the id of a process, and whether rows of several processes are listed */
export function createProcesses(onChoose) {
	choose = (id) => {
		chosen = id;
		for (const row of $("process-rows").children) mark(row);
		onChoose(id);
	};
}

function mark(row) {
	row.querySelector("button").setAttribute("aria-pressed", String(row.dataset.id === chosen));
}

export function drawProcesses(processes, error) {
	$("processes").hidden = false;
	const live = processes.filter(({ state }) => state === "here" || state === "live");
	const sum = (name) => live.reduce((total, each) => total + each[name], 0);
	const all = {
		id: "all",
		name: `All ${live.length === 1 ? "processes" : `${live.length} processes`}`,
		state: "all",
		ready: live.every(({ ready }) => ready),
		...Object.fromEntries(
			["connections", "events", "bytes", "buffered"].map((name) => [name, sum(name)]),
		),
	};
	keyed($("process-rows"), [all, ...processes], ({ id }) => id, make, fill);
	$("processes-note").textContent =
		error === undefined ? "" : `Other processes are not known: ${shown(error)}`;
	const isKnown = chosen === "all" || processes.some(({ id }) => id === chosen);
	missed = isKnown ? 0 : missed + 1;
	if (missed > MAX_MISSED) choose("all");
}

function make({ id }) {
	const row = el(
		"tr",
		"",
		el(
			"th",
			"",
			button("", () => choose(id), "pick"),
		),
	);
	row.firstChild.scope = "row";
	row.dataset.id = id;
	for (let at = 0; at < 5; at++) row.append(el("td", "num"));
	row.append(el("td", "", el("span", "badge")));
	mark(row);
	return row;
}

function fill(row, { name, state, connections, events, bytes: written, buffered, lagMs, ...of }) {
	const isOver = state in STATES;
	row.className = isOver ? "over" : "";
	const pick = row.querySelector("button");
	const label = state === "here" ? `${shown(name)} · here` : shown(name);
	if (pick.textContent !== label) pick.textContent = label;
	const [, count, rate, bytesRate, waiting, lag, last] = row.children;
	count.textContent = isOver ? "–" : whole(connections);
	rate.textContent = isOver ? "–" : short(events);
	bytesRate.textContent = isOver ? "–" : bytes(written).join(" ");
	waiting.textContent = isOver ? "–" : bytes(buffered).join(" ");
	const behind = of.behind > 0 ? `${whole(of.behind)} events behind` : "";
	lag.textContent = isOver || state === "all" ? "" : behind || (ms(lagMs) ?? "–");
	const badge = last.firstChild;
	badge.className = `badge ${isOver ? (state === "gone" ? "bad" : "") : of.ready ? "good" : "bad"}`;
	badge.textContent = STATES[state] ?? (of.ready ? "Ready" : "Not ready");
	badge.title = of.error === undefined ? "" : shown(of.error);
}
