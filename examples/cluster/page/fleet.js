/**
 * The fleet: how the processes are, what happened to them, and the buttons that do it.
 */
import { updateList, within } from "/shared/elements.js";
import { request } from "/shared/request.js";
import { plural } from "/shared/words.js";

/** @import { Fleet } from "../cluster.js" */

/** For more connections, only the number is shown. */
const MAX_DOTS = 24;

export function createFleet() {
	const problem = within(document, "#problem");
	document.addEventListener("click", async ({ target }) => {
		const { wish } = /** @type {HTMLElement} */ (target).dataset ?? {};
		if (wish === undefined) return;
		problem.textContent = "";
		try {
			await request("POST", "/wishes", { wish });
		} catch (error) {
			problem.textContent = /** @type {Error} */ (error).message;
		}
	});

	/** @param {HTMLElement} row @param {Fleet["servers"][number]} server */
	function fillServer(
		row,
		{ name, state, pid, port, connections = 0, isReady, behind = 0, error },
	) {
		const isLogAway = state !== "down" && isReady === false && state !== "draining";
		row.dataset.server = name;
		row.dataset.state = state;
		row.dataset.log = isLogAway ? "away" : "ready";
		row.dataset.pid = String(pid ?? "");
		within(row, ".name span").textContent = name;
		within(row, ".pill").textContent = state;
		const tabs = within(row, ".tabs");
		tabs.ariaLabel = plural(connections, "connection");
		tabs.replaceChildren(
			...Array.from({ length: Math.min(connections, MAX_DOTS) }, () => document.createElement("i")),
			plural(connections, "connection"),
		);
		const log = within(row, ".log");
		log.textContent = logInWords(state, isLogAway, behind);
		log.title = error ?? "";
		// The process itself: the address of this page leads to any of them.
		for (const [to, path] of [
			["watch", "/watch.html"],
			["inspect", "/inspector/"],
			["metrics", "/metrics"],
		]) {
			const link = /** @type {HTMLAnchorElement} */ (within(row, `.${to}`));
			link.href = `http://127.0.0.1:${port}${path}`;
			link.ariaLabel = `${link.textContent} ${name}`;
		}
		within(row, ".look").hidden = state !== "up";
		const button = /** @type {HTMLButtonElement} */ (within(row, "button"));
		button.dataset.wish = `kill ${name}`;
		button.ariaLabel = `Kill ${name}`;
		button.disabled = pid === undefined;
	}

	return {
		/** @param {Fleet} fleet */
		show({ servers, redis, isDeploying, happenings }) {
			updateList(
				within(document, "#servers"),
				"server-row",
				servers,
				({ name }) => name,
				fillServer,
			);
			const row = within(document, "#redis");
			row.dataset.state = redis.isUp ? "up" : "down";
			row.dataset.pid = String(redis.pid ?? "");
			within(row, ".pill").textContent = redis.isUp ? "up" : "down";
			for (const button of row.querySelectorAll("button")) button.disabled = !redis.isUp;
			const deploy = /** @type {HTMLButtonElement} */ (within(document, '[data-wish="deploy"]'));
			deploy.disabled = isDeploying;
			updateList(
				within(document, "#happenings"),
				"happening-row",
				happenings.toReversed(),
				({ id }) => String(id),
				(item, { at, text, server }) => {
					const name = within(item, "b");
					name.textContent = server ?? "";
					name.dataset.server = server ?? "";
					within(item, "span").textContent = text;
					within(item, "time").textContent = new Date(at).toLocaleTimeString("en-GB");
				},
			);
		},
	};
}

/** @param {string} state @param {boolean} isAway @param {number} behind */
function logInWords(state, isAway, behind) {
	if (state !== "up") return "not ready";
	if (isAway) return "event log away";
	return behind === 0 ? "event log ready" : `event log ${plural(behind, "event")} behind`;
}
