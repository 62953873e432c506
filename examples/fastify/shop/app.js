/**
 * The shop's page. It opens the tracker's stream from another origin, with the tracker's cookie.
 */
import { updateList, within } from "/shared/elements.js";
import { request } from "/shared/request.js";
import { openStream } from "/shared/stream.js";

/**
 * @import { Listeners } from "/shared/stream.js"
 * @import { Parcel } from "../parcels.js"
 * @import { Events } from "../types.js"
 */

const tracker = (await request("GET", "/tracker")).url;
const away = within(document, "#away");
/** @type {Map<string, Parcel>} */
let parcels = new Map();

/** @type {Listeners<Events>} */
const listeners = {
	welcome(welcome) {
		parcels = new Map(welcome.parcels.map((parcel) => [parcel.id, parcel]));
		show();
	},
	parcel(parcel) {
		parcels.set(parcel.id, parcel);
		show();
	},
};

function open() {
	away.hidden = true;
	openStream(`${tracker}/events`, listeners, {
		withCredentials: true,
		async onRefused() {
			parcels.clear();
			show();
			away.hidden = false;
			// Back from the tracker, perhaps.
			window.addEventListener("focus", open, { once: true });
			return false;
		},
	});
}

function show() {
	const all = [...parcels.values()];
	updateList(
		within(document, "#orders"),
		"order-row",
		all,
		({ id }) => id,
		(row, { content, stops, times }) => {
			within(row, ".content").textContent = content;
			within(row, ".place").textContent = String(stops[times.length - 1]);
			const progress = /** @type {HTMLProgressElement} */ (within(row, "progress"));
			progress.max = stops.length - 1;
			progress.value = times.length - 1;
			progress.ariaLabel = `How far ${content} has come`;
		},
	);
}

/** @type {HTMLAnchorElement} */ (within(document, "#tracker")).href = tracker;
open();
