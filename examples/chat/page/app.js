/**
 * The page: one chat, whose address is its id. Its turns are loaded, its stream tells what changes, and each answer is followed by
 * a stream of its own.
 */
import { openStream } from "/client/index.js";
import { within } from "/shared/elements.js";
import { request } from "/shared/request.js";
import { showChats } from "./chats.js";
import { createComposer } from "./composer.js";
import { createDrawer } from "./drawer.js";
import { createServers } from "./servers.js";
import { createTurns } from "./turns.js";

/** @import { ChatEvents } from "../chat.js" */

/** @param {string} id */
const $ = (id) => within(document, `#${id}`);

const known = new URLSearchParams(location.search).get("chat");
const chat = known ?? crypto.randomUUID();
const path = `/chats/${encodeURIComponent(chat)}`;

createDrawer();
const servers = createServers();
const composer = createComposer({ onAsk: ask, onStop: () => turns.stop() });
const turns = createTurns(path, { onWriting: composer.setWriting });

/** @type {ReturnType<typeof openStream<ChatEvents>>} */
const stream = openStream(`${path}/events`, { retry: { baseMs: 300, maxMs: 3_000 } });
stream.on("hello", ({ data }) => servers.setOwn(data.server));
stream.on("fleet", ({ data }) => servers.show(data));
stream.on("asked", load);
stream.on("restarted", ({ data }) => turns.restart(data.number));
stream.onState((state) => {
	const word = state === "open" ? "Live" : state === "connecting" ? "Connecting" : "Reconnecting";
	document.body.dataset.state = word;
	$("state").textContent = word;
	// What was asked meanwhile.
	if (state === "open") void load();
});

async function load() {
	try {
		show((await request("GET", path)).turns);
	} catch {
		// The next process that answers is asked again, when the stream is open.
	}
}

/** @param {readonly { question: string, at: number }[]} list */
function show(list) {
	turns.show(list);
	const [first] = list;
	$("welcome").hidden = first !== undefined;
	$("tab").hidden = first === undefined;
	if (first !== undefined) {
		document.title = first.question;
		$("title").textContent = first.question;
	}
	showChats(chat, first?.question);
}

/** @param {string} question */
async function ask(question) {
	const address = `/?chat=${chat}`;
	if (known === null) history.replaceState(null, "", address);
	/** @type {HTMLAnchorElement} */ ($("tab")).href = address;
	await request("POST", `${path}/questions`, { question });
	await load();
	turns.scrollToEnd();
}

for (const button of $("ideas").querySelectorAll("button")) {
	button.onclick = () => composer.ask(button.value);
}
/** @type {HTMLAnchorElement} */ ($("tab")).href = location.href;
show([]);
