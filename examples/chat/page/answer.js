/**
 * An answer: follows its run, and shows its text, who writes it, and how it ended.
 */
import { openStream } from "/client/index.js";
import { within } from "/shared/elements.js";
import { request } from "/shared/request.js";
import { plural } from "/shared/words.js";
import { createMarkdown } from "./markdown.js";

/**
 * @import { AnswerEvents } from "../chat.js"
 * @typedef {{ reason?: string }} End
 * @typedef {"waiting" | "writing" | "done" | "cancelled" | "failed" | "unknown"} State
 */

/** Words that come within this time are shown together. */
const SHOW_MS = 30;

/** @param {HTMLElement} element @param {string} path @param {{ keepingEnd: (change: () => void) => void, onState: () => void }} host */
export function createAnswer(element, path, { keepingEnd, onState }) {
	const markdown = createMarkdown(within(element, ".body"));
	/** @type {State} */
	let state = "waiting";
	let text = "";
	let words = 0;
	/** How many of them came in the first event. */
	let atOnce = 0;
	/** Shows the text soon. @type {ReturnType<typeof setTimeout> | undefined} */
	let showing;
	let server = "";
	/** The process that broke off while it wrote this answer, if one did. */
	let broken = "";
	/** @type {{ close(): void } | undefined} */
	let stream;

	/** @param {State} next @param {string} [story] */
	function become(next, story = "") {
		state = next;
		element.dataset.state = next;
		element.ariaBusy = String(next === "waiting" || next === "writing");
		within(element, ".story").textContent = story;
		update();
		onState();
	}

	function update() {
		const by = within(element, ".by");
		by.textContent = server === "" || server === "one" ? "" : `Written by ${server}`;
		by.dataset.server = server;
		within(element, ".count").textContent =
			atOnce > 1
				? `${plural(words, "word")}, the first ${atOnce} in one event`
				: plural(words, "word");
	}

	function showText() {
		clearTimeout(showing);
		showing = undefined;
		keepingEnd(() => markdown.show(text));
		update();
	}

	function clear() {
		text = "";
		words = 0;
		atOnce = 0;
		showText();
	}

	function follow() {
		stream?.close();
		clear();
		become("waiting");
		/** @type {ReturnType<typeof openStream<AnswerEvents & Record<"done" | "failed" | "cancelled", End>>>} */
		const answer = openStream(path, {
			retry: { baseMs: 300, maxMs: 3_000 },
			// The answer follows from its start.
			onGap({ reason }) {
				// It ended while this tab was disconnected, and it is being written again.
				if (reason === "attempt") broken = server;
				clear();
			},
		});
		stream = answer;
		answer.on("by", ({ data }) => {
			const before = server;
			server = data.server;
			if (broken !== "")
				become("writing", `${broken} broke off in mid-answer. ${server} writes it again.`);
			else if (text !== "")
				become("writing", `${before} was restarted. ${server} continues the answer.`);
			else become("writing");
		});
		answer.on("delta", ({ data }) => {
			const count = countWords(data.text);
			if (text === "") atOnce = count;
			text += data.text;
			words += count;
			showing ??= setTimeout(showText, SHOW_MS);
		});
		answer.on("done", () =>
			end("done", broken && `${broken} broke off in mid-answer. ${server} wrote it again.`),
		);
		answer.on("cancelled", () => end("cancelled", "Stopped."));
		answer.on("failed", ({ data }) => {
			if (data.reason === "lost") void takeOver();
			else end("failed", "This answer broke off on the server.");
		});
		answer.onState((next) => {
			// A 204, before any end: there is no such run.
			if (next === "closed" && answer === stream && state === "waiting") {
				become("unknown", "This answer is no longer kept.");
			}
		});
	}

	/** @param {State} state @param {string} [story] */
	function end(state, story) {
		showText();
		keepingEnd(() => become(state, story));
		stream?.close();
	}

	/** The process that wrote it has died. Every tab asks for it to be written again; one process does. */
	async function takeOver() {
		broken = server;
		end("failed", `${broken} broke off in mid-answer. Another process is asked to write it again.`);
		await again();
	}

	async function again() {
		try {
			await request("POST", `${path}/restart`);
			follow();
		} catch (error) {
			become("failed", /** @type {Error} */ (error).message);
		}
	}

	within(element, ".again").onclick = () => {
		broken = "";
		void again();
	};

	return {
		follow,
		get isWriting() {
			return state === "waiting" || state === "writing";
		},
		stop: () => request("POST", `${path}/stop`).catch(() => {}),
	};
}

/** @param {string} text */
function countWords(text) {
	return text.match(/\S+/g)?.length ?? 0;
}
