/**
 * The turns of the conversation: each a question and its answer.
 */
import { clone, within } from "/shared/elements.js";
import { createAnswer } from "./answer.js";

/** The distance from the end, in pixels, at which the page still counts as scrolled to the end. */
const NEAR = 80;

/** @param {string} path of the chat @param {{ onWriting: (isWriting: boolean) => void }} host */
export function createTurns(path, { onWriting }) {
	const list = within(document, "#turns");
	const main = within(document, "#main");
	/** @type {ReturnType<typeof createAnswer>[]} */
	const answers = [];

	function scrollToEnd() {
		main.scrollTop = main.scrollHeight;
	}

	/** Runs a change; a reader who is at the end stays there. @param {() => void} change */
	function keepingEnd(change) {
		const isAtEnd = main.scrollHeight - main.scrollTop - main.clientHeight < NEAR;
		change();
		if (isAtEnd) scrollToEnd();
	}

	const host = {
		keepingEnd,
		onState: () => onWriting(answers.some((answer) => answer.isWriting)),
	};

	return {
		scrollToEnd,

		/** @param {readonly { question: string }[]} turns */
		show(turns) {
			for (const { question } of turns.slice(answers.length)) {
				const row = clone("turn-row");
				within(row, ".question").textContent = question;
				const number = answers.length + 1;
				const answer = createAnswer(within(row, ".answer"), `${path}/answers/${number}`, host);
				answers.push(answer);
				keepingEnd(() => list.append(row));
				answer.follow();
			}
		},

		/** An answer is written again. @param {number} number */
		restart(number) {
			const answer = answers[number - 1];
			if (answer?.isWriting === false) answer.follow();
		},

		stop() {
			for (const answer of answers) if (answer.isWriting) answer.stop();
		},
	};
}
