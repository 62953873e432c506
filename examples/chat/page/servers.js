/**
 * The processes, if there are several: which are up, which serves this tab, which write answers.
 */
import { updateList, within } from "/shared/elements.js";
import { request } from "/shared/request.js";
import { plural } from "/shared/words.js";

/** @import { Fleet } from "../fleet.js" */

export function createServers() {
	let own = "";

	/** The answering process may end at this moment, and one that has already ended cannot be killed. @param {string} text */
	const wish = (text) => request("POST", "/wishes", { wish: text }).catch(() => {});

	within(document, "#deploy").onclick = () => wish("deploy");
	return {
		/** The process that serves this tab. @param {string} name */
		setOwn(name) {
			own = name;
		},

		/** @param {Fleet} fleet */
		show({ servers }) {
			within(document, "#processes").hidden = false;
			updateList(
				within(document, "#servers"),
				"server-row",
				servers,
				({ name }) => name,
				(row, { name, state, pid, writing = 0 }) => {
					row.dataset.server = name;
					row.dataset.state = state;
					row.dataset.pid = String(pid);
					within(row, "b").textContent = name;
					const words =
						state !== "up" ? state : writing > 0 ? `writes ${plural(writing, "answer")}` : "up";
					within(row, "small").textContent = name === own ? `${words} · this tab` : words;
					const button = /** @type {HTMLButtonElement} */ (within(row, "button"));
					button.ariaLabel = `Kill ${name}`;
					button.disabled = state !== "up";
					button.onclick = () => wish(`kill ${name}`);
				},
			);
		},
	};
}
