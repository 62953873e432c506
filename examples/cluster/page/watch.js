/**
 * The inspector and the dashboard beside each other, and the faults.
 */
import { updateList, within } from "/shared/elements.js";
import { request } from "/shared/request.js";
import { openStream } from "/shared/stream.js";
import { createDashboard } from "./dashboard.js";
import { createOwnMetrics } from "./own-metrics.js";

/**
 * @import { Listeners } from "/shared/stream.js"
 * @import { Events } from "../streams.js"
 */

const READ_MS = 1_000;

/** @type {{ read(): Promise<string> } | undefined} what is shown of metrics; its words say what is wrong */
let shown;
/** What the fleet says of Prometheus. @type {string | undefined} */
let kind;

/** @param {Events["fleet"]["prometheus"]} prometheus */
function choose({ isUp, url, missing }) {
	const next = isUp ? "prometheus" : missing === undefined ? undefined : "own";
	if (next === undefined || next === kind) return;
	kind = next;
	const panels = within(document, "#panels");
	panels.replaceChildren();
	const source = within(document, "#source");
	if (next === "own") {
		shown = createOwnMetrics(panels);
		source.textContent = `The metrics of this process, as Prometheus would read them. With Prometheus itself, all processes and the alerts are here: ${missing} (Debian: apt install prometheus).`;
	} else {
		shown = createDashboard(panels);
		const link = document.createElement("a");
		link.href = url ?? "";
		link.target = "_blank";
		link.textContent = "Prometheus";
		source.replaceChildren(
			"All processes: the queries of the Grafana dashboard, answered by a real ",
			link,
			".",
		);
	}
	within(document, ".alerts").hidden = next === "own";
}

/** @param {string} text */
function say(text) {
	const problem = within(document, "#problem");
	if (problem.textContent !== text) problem.textContent = text;
}

/** Every process is asked to tell how all are. @type {Listeners<Events>} */
const listeners = {
	fleet({ servers, prometheus }) {
		choose(prometheus);
		updateList(
			within(document, "#servers"),
			"server-row",
			servers,
			({ name }) => name,
			(row, { name, state, pid }) => {
				row.dataset.state = state;
				row.dataset.server = name;
				within(row, ".name").textContent = name;
				within(row, "small").textContent = state;
				const button = /** @type {HTMLButtonElement} */ (within(row, "button"));
				button.dataset.wish = `kill ${name}`;
				button.ariaLabel = `Kill ${name}`;
				button.disabled = pid === undefined;
			},
		);
	},
};
openStream("/events?as=watching", listeners);

document.addEventListener("click", ({ target }) => {
	const { wish, show } = /** @type {HTMLElement} */ (target).dataset ?? {};
	if (show !== undefined) {
		document.body.dataset.view = show;
		for (const button of document.querySelectorAll("[data-show]"))
			button.ariaPressed = String(/** @type {HTMLElement} */ (button).dataset.show === show);
	}
	if (wish === undefined) return;
	request("POST", "/wishes", { wish }).catch((error) => say(error.message));
});

async function read() {
	if (shown !== undefined) say(await shown.read());
	setTimeout(read, READ_MS);
}
void read();
