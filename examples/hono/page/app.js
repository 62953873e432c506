/**
 * The board in the page, which `@sse-service/client` keeps up to date.
 */
import { openStream } from "/client/index.js";
import { updateList, within } from "/shared/elements.js";
import { request } from "/shared/request.js";
import { clockTime, plural } from "/shared/words.js";

/**
 * @import { Announcement, Events } from "../app.js"
 * @import { Train } from "../board.js"
 */

const MAX_ANNOUNCEMENTS = 6;

const list = within(document, "#trains");
const log = within(document, "#announcements");
const notice = within(document, "#notice");
let tracks = 0;
/** @type {readonly Train[]} */
let trains = [];
/** @type {readonly Announcement[]} */
let announcements = [];

/** @type {ReturnType<typeof openStream<Events>>} */
const stream = openStream("/events");

stream.on("board", ({ data }) => {
	({ tracks, trains, announcements } = data);
	show();
});
stream.on("change", ({ data: { after } }) => {
	trains = trains.map((train) => (train.id === after.id ? after : train));
	show();
});
stream.on("announcement", ({ data }) => {
	announcements = [data, ...announcements].slice(0, MAX_ANNOUNCEMENTS);
	show();
});
stream.on("readers", ({ data: { screens, inside } }) => {
	within(document, "#screens").textContent = plural(screens, "reader");
	within(document, "#inside").textContent = plural(inside, "reader");
});
stream.onState((state) => {
	const text = state === "open" ? "Live" : "Connecting";
	document.body.dataset.state = text;
	within(document, "#state").textContent = text;
});

function show() {
	updateList(list, "train", trains, ({ id }) => id, showTrain);
	updateList(log, "announcement", announcements, ({ at, text }) => `${at} ${text}`, showWords);
	within(document, "#quiet").hidden = announcements.length > 0;
}

/** @param {HTMLElement} row @param {Train} train */
function showTrain(row, train) {
	const { id, time, to, via, track, delayMinutes } = train;
	within(row, "time").textContent = time;
	within(row, ".late").textContent = delayMinutes > 0 ? `+${delayMinutes}` : "";
	within(row, "h2").textContent = to;
	within(row, ".to p").textContent = `${id} · ${via}`;
	const select = /** @type {HTMLSelectElement} */ (within(row, "select"));
	if (select.options.length === 0) {
		for (let each = 1; each <= tracks; each++) select.add(new Option(`${each}`));
	}
	select.value = `${track}`;
	select.ariaLabel = `Track of the train to ${to}`;
	select.onchange = () => change(id, { track: Number(select.value) });
	const button = /** @type {HTMLButtonElement} */ (within(row, "button"));
	button.ariaLabel = `Delay the train to ${to} by 5 minutes`;
	button.onclick = () => change(id, { delayMinutes: 5 });
}

/** @param {HTMLElement} item @param {Announcement} announcement */
function showWords(item, { at, text }) {
	within(item, "time").textContent = clockTime(at);
	within(item, "span").textContent = text;
}

/** @param {string} id @param {object} wish */
async function change(id, wish) {
	try {
		await request("POST", `/trains/${id}`, wish);
		notice.textContent = "";
	} catch (error) {
		notice.textContent = /** @type {Error} */ (error).message;
		show();
	}
}
