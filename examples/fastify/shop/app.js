/**
 * The shop's page. It opens the tracker's stream from another origin, with the tracker's cookie.
 */
import { updateList, within } from "/shared/elements.js";
import { openElsewhere } from "/shared/elsewhere.js";
import { request } from "/shared/request.js";

/**
 * @import { Listeners } from "/shared/stream.js"
 * @import { Parcel } from "../parcels.js"
 * @import { Events } from "../types.js"
 */

const tracker = (await request("GET", "/tracker")).url;
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

openElsewhere(tracker, listeners, () => {
	parcels.clear();
	show();
});
