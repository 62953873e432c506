/**
 * The page: the builds of the signed-in user, and the log of one of them.
 */
import { updateList, within } from "/shared/elements.js";
import { offerTelling, showNotice } from "/shared/notices.js";
import { request } from "/shared/request.js";
import { startSession } from "/shared/session.js";
import { duration, plural } from "/shared/words.js";
import { createLog } from "./log.js";

/**
 * @import { Listeners } from "/shared/stream.js"
 * @import { Build } from "../src/build.js"
 * @import { Events } from "../src/events.js"
 */

/** As many as the server remembers. */
const MAX_BUILDS = 40;
const STATES = { running: "running", passed: "passed", failed: "failed" };

/** @param {string} id */
const $ = (id) => within(document, `#${id}`);
const again = /** @type {HTMLButtonElement} */ ($("again"));
const log = createLog($("log"));

/** The newest first. @type {Build[]} */
let builds = [];
let isOps = false;
/** The build whose log is shown. @type {number | undefined} */
let chosen;

/** @type {Listeners<Events>} */
const listeners = {
	welcome(welcome) {
		isOps = welcome.user.role === "ops";
		builds = [...welcome.builds];
		offerTelling(isOps);
		showNotice(welcome.notice);
		const known = builds.some(({ id }) => id === chosen);
		const first = builds[0]?.id;
		if (!known && first !== undefined) choose(first);
		show();
	},
	build(build) {
		const others = builds.filter(({ id }) => id !== build.id);
		builds = [build, ...others].sort((one, other) => other.id - one.id).slice(0, MAX_BUILDS);
		show();
	},
	notice: showNotice,
};

/** @param {number} id */
function choose(id) {
	chosen = id;
	log.open(`/builds/${id}/log`);
	show();
}

function show() {
	const running = builds.filter(({ state }) => state === "running").length;
	$("headline").textContent =
		running === 0 ? "All is quiet" : `${plural(running, "build")} running`;
	document.title = running === 0 ? "Builds" : `(${running}) Builds`;
	updateList($("builds"), "build-row", builds, ({ id }) => String(id), showBuild);
	const build = builds.find(({ id }) => id === chosen);
	if (build === undefined) return;
	$("title").textContent = `${build.project} #${build.id}`;
	$("terminal").dataset.build = build.state;
	again.disabled = build.state === "running";
}

/** @param {HTMLElement} row @param {Build} build */
function showBuild(row, { id, owner, project, message, state, steps, tookMs }) {
	const button = /** @type {HTMLButtonElement} */ (within(row, "button"));
	button.dataset.build = state;
	button.ariaCurrent = String(id === chosen);
	button.onclick = () => choose(id);
	within(row, "b").textContent = project;
	within(row, ".number").textContent = isOps ? `#${id} by ${owner}` : `#${id}`;
	within(row, ".message").textContent = message;
	within(row, ".took").textContent =
		tookMs === undefined ? STATES[state] : `${STATES[state]}, ${duration(tookMs)}`;
	updateList(
		within(row, ".steps"),
		"step-row",
		steps,
		({ name }) => name,
		(step, { name, state }) => {
			step.dataset.step = state;
			step.title = `${name}: ${state}`;
		},
	);
}

again.onclick = async () => {
	$("problem").textContent = "";
	try {
		const { id } = await request("POST", `/builds/${chosen}/runs`);
		choose(id);
	} catch (error) {
		$("problem").textContent = /** @type {Error} */ (error).message;
	}
};

startSession("/events", listeners);
