/**
 * The lamp's page: how the newest build went. It opens the stream from another origin, with the cookie of the builds.
 */
import { within } from "/shared/elements.js";
import { openElsewhere } from "/shared/elsewhere.js";
import { request } from "/shared/request.js";

/**
 * @import { Listeners } from "/shared/stream.js"
 * @import { Build } from "../src/build.js"
 * @import { Events } from "../src/events.js"
 */

/** @param {string} id */
const $ = (id) => within(document, `#${id}`);
const builds = (await request("GET", "/builds")).url;
let newest = 0;

/** @type {Listeners<Events>} */
const listeners = {
	welcome({ builds: [build] }) {
		newest = 0;
		if (build !== undefined) show(build);
	},
	build: show,
};

/** @param {Build} build */
function show({ id, project, message, state }) {
	if (id < newest) return;
	newest = id;
	document.body.dataset.build = state;
	$("project").textContent = project;
	$("outcome").textContent = `${message}: ${state}`;
}

openElsewhere(builds, listeners, () => {
	document.body.dataset.build = "";
	$("project").textContent = "The lamp";
	$("outcome").textContent = "";
});
