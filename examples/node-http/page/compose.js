/**
 * The form that sends a message: to a room of this tab, or to a client.
 */
import { updateList, within } from "/shared/elements.js";
import { roomLabel } from "./words.js";

/** @typedef {"room" | "client"} Kind */

/**
 * @param {(kind: Kind, name: string, text: string) => Promise<void>} send Rejects with what to tell the user.
 */
export function createCompose(send) {
	const to = /** @type {HTMLSelectElement} */ (within(document, "#to"));
	const text = /** @type {HTMLInputElement} */ (within(document, "#text"));
	const problem = within(document, "#problem");

	/** @returns {[kind: Kind, name: string]} */
	function addressee() {
		const { kind, name } = to.selectedOptions[0]?.dataset ?? {};
		return [/** @type {Kind} */ (kind ?? "room"), name ?? ""];
	}

	/** @param {Kind} kind @param {readonly string[]} names */
	function fill(kind, names) {
		updateList(within(to, `#to-${kind}`), "option-row", names, String, (option, name) => {
			option.textContent = kind === "room" ? roomLabel(name) : name;
			Object.assign(option.dataset, { kind, name });
		});
	}

	function clearProblem() {
		problem.textContent = "";
	}

	text.oninput = clearProblem;
	within(document, "#compose").onsubmit = async (event) => {
		event.preventDefault();
		clearProblem();
		const written = text.value.trim();
		if (written === "") return;
		text.value = "";
		try {
			await send(...addressee(), written);
		} catch (error) {
			problem.textContent = /** @type {Error} */ (error).message;
			if (text.value === "") text.value = written;
		}
	};

	return {
		clearProblem,
		/** Whom messages can be sent to. @param {readonly string[]} rooms @param {readonly string[]} clients */
		offer(rooms, clients) {
			const [kind, name] = addressee();
			// The chosen recipient stays: the message must not go to somebody else.
			const gone = kind === "client" && !clients.includes(name) ? [name] : [];
			fill("room", rooms);
			fill("client", [...clients, ...gone]);
		},
		/** @param {Kind} kind @param {string} name one that is offered */
		writeTo(kind, name) {
			const options = Array.from(to.options);
			to.selectedIndex = options.findIndex(
				({ dataset }) => dataset.kind === kind && dataset.name === name,
			);
			text.focus();
		},
	};
}
