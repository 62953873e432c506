/**
 * The composer: the question, and either sends it or stops the answer that is being written.
 */
import { within } from "/shared/elements.js";

/** @param {{ onAsk: (question: string) => Promise<void>, onStop: () => void }} host */
export function createComposer({ onAsk, onStop }) {
	const form = /** @type {HTMLFormElement} */ (within(document, "#ask"));
	const question = /** @type {HTMLTextAreaElement} */ (within(form, "textarea"));
	const send = /** @type {HTMLButtonElement} */ (within(form, "#send"));
	const stop = within(form, "#stop");
	const problem = within(document, "#problem");

	function update() {
		send.disabled = question.value.trim() === "";
		question.style.height = "auto";
		question.style.height = `${question.scrollHeight}px`;
	}

	/** @param {string} text */
	async function ask(text) {
		problem.textContent = "";
		try {
			await onAsk(text);
			question.value = "";
		} catch (error) {
			problem.textContent = /** @type {Error} */ (error).message;
		}
		update();
	}

	form.onsubmit = (event) => {
		event.preventDefault();
		if (!send.disabled && !send.hidden) void ask(question.value);
	};
	question.oninput = update;
	question.onkeydown = (event) => {
		// While an input method composes, Enter chooses a word.
		if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
		event.preventDefault();
		form.requestSubmit();
	};
	stop.onclick = onStop;
	update();

	return {
		ask,
		/** @param {boolean} isWriting */
		setWriting(isWriting) {
			send.hidden = isWriting;
			stop.hidden = !isWriting;
		},
	};
}
