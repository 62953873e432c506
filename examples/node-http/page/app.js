/**
 * The page: shows what arrives on the stream, and sends what the user does.
 */
import { paintAvatar, within } from "/shared/elements.js";
import { inventName } from "/shared/names.js";
import { clockTime, duration, plural } from "/shared/words.js";
import { CHART_SECONDS, createChart } from "./chart.js";
import { createCompose } from "./compose.js";
import { createFeed } from "./feed.js";
import { me, recall, remember, tabToken } from "./identity.js";
import { createNumbers } from "./numbers.js";
import { createPresence } from "./presence.js";
import { openTab } from "./stream.js";
import { gibibytes, percent, roomLabel } from "./words.js";

/** @import { Events } from "../example.js" */

/** @param {string} id */
const $ = (id) => within(document, `#${id}`);

/** The server as it last said hello. @type {Events["hello"] | undefined} */
let server;
/** Since when the stream is broken, if it is. @type {number | undefined} */
let lostAt;
/** Oldest first. @type {Events["hello"]["samples"]} */
let samples = [];
/** Who is here, and where. @type {Events["presence"]} */
let here = { clients: [], rooms: [] };
/** The rooms of this tab. The page keeps them, because a server that restarts forgets. @type {Set<string>} */
const rooms = new Set(JSON.parse(recall("sessionStorage", `rooms of ${me}`) ?? '["lobby"]'));

const cpuChart = createChart($("cpu"), (sample) => sample.cpu);
const memoryChart = createChart($("memory"), (sample) => sample.memory);
const feed = createFeed($("feed"), me);
const compose = createCompose(send);
const lists = createPresence(me, rooms, {
	onMessage: (name) => compose.writeTo("client", name),
	onJoin: join,
	onLeave: leave,
});

const numbers = createNumbers({
	onCut: () => tab.post("/cut", {}),
	onOutrun: () => tab.post("/outrun", {}),
});

const tab = openTab(`/events?as=${encodeURIComponent(me)}&tab=${tabToken}`, {
	onHello(hello) {
		const restarted = server !== undefined && server.startedAt !== hello.startedAt;
		server = hello;
		within($("cpu"), ".of").textContent = `of ${plural(hello.machine.cores, "core")}`;
		within($("memory"), ".of").textContent = `of ${gibibytes(hello.machine.memoryBytes)}`;
		addSamples(hello.samples);
		compose.clearProblem();
		if (rooms.size > 0) request("/join", [...rooms]);
		if (lostAt === undefined) {
			showState("Live", "One event stream carries all that moves on this page.");
		} else {
			const cause = restarted ? "The server was restarted" : "The stream was interrupted";
			const places = Array.from(rooms, roomLabel).join(", ");
			const back = `Back after ${duration(Date.now() - lostAt)}${places && `, in ${places} again`}`;
			lostAt = undefined;
			showState("Live", `${cause}. ${back}.`);
			feed.notice(`${cause}. ${back}.`);
		}
	},

	onLost() {
		lostAt = Date.now();
		showState("Reconnecting", "The stream broke off. The browser is opening it again by itself.");
		feed.notice("The stream broke off.");
	},

	onSample({ eventsSent, ...sample }) {
		addSamples([sample]);
		const since = clockTime(server?.startedAt ?? sample.at);
		$("totals").textContent = `${plural(eventsSent, "event")} delivered since ${since}`;
	},

	onPresence(presence) {
		here = presence;
		showPresence();
	},

	onMessage: feed.show,

	onNumber({ number }, isReplayed) {
		numbers.take(number, isReplayed ? "replayed" : "live");
	},

	onRecovered({ number }) {
		numbers.recover(number);
		feed.notice("More was missed than the server keeps. The application has made up for it.");
	},
});

/** @param {"Live" | "Reconnecting"} state @param {string} story */
function showState(state, story) {
	document.body.dataset.state = state;
	$("state").textContent = state;
	$("story").textContent = story;
	showSince();
}

function showSince() {
	$("since").textContent = lostAt === undefined ? "" : duration(Date.now() - lostAt);
}

/** @param {typeof samples} added */
function addSamples(added) {
	const last = samples.at(-1)?.at ?? 0;
	const all = [...samples, ...added.filter(({ at }) => at > last)];
	const newest = all.at(-1);
	if (newest === undefined) return;
	samples = all.filter(({ at }) => newest.at - at < (CHART_SECONDS + 5) * 1_000);
	cpuChart.draw(samples, percent(newest.cpu));
	memoryChart.draw(samples, gibibytes(newest.memory * (server?.machine.memoryBytes ?? 0)));
}

function showPresence() {
	lists.show(here);
	compose.offer(
		[...rooms],
		here.clients.map(({ name }) => name),
	);
	remember("sessionStorage", `rooms of ${me}`, JSON.stringify([...rooms]));
}

/** @param {"room" | "client"} kind @param {string} name @param {string} text */
async function send(kind, name, text) {
	const path = kind === "room" ? "/say" : "/tell";
	const { delivered, ...message } = await tab.post(path, { [kind]: name, text });
	feed.show(message);
	feed.setOutcome(
		message.id,
		delivered === 0 ? "Nobody was there" : `Delivered to ${plural(delivered, "tab")}`,
	);
}

/** @param {string} room */
async function join(room) {
	if (!(await request("/join", [room]))) return;
	rooms.add(room);
	showPresence();
	compose.writeTo("room", room);
}

/** @param {string} room */
async function leave(room) {
	if (!(await request("/leave", [room]))) return;
	rooms.delete(room);
	showPresence();
}

/** @param {"/join" | "/leave"} path @param {readonly string[]} names @returns whether it was done */
async function request(path, names) {
	const problem = $("room-problem");
	try {
		await tab.post(path, { rooms: names });
		problem.textContent = "";
		return true;
	} catch (error) {
		problem.textContent = /** @type {Error} */ (error).message;
		return false;
	}
}

showPresence();
setInterval(showSince, 1_000);
paintAvatar($("me-avatar"), me);
$("me").textContent = me;
/** @type {HTMLAnchorElement} */ ($("same")).href = location.href;
const other = /** @type {HTMLAnchorElement} */ ($("other"));
other.href = `/?as=${inventName()}`;
// Each time somebody else.
other.onclick = () => {
	other.href = `/?as=${inventName()}`;
};
