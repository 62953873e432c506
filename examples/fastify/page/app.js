/**
 * The page: the parcels of the signed-in user, and what the desk can do.
 */
import { updateList, within } from "/shared/elements.js";
import { offerTelling, showNotice } from "/shared/notices.js";
import { request } from "/shared/request.js";
import { startSession } from "/shared/session.js";
import { plural } from "/shared/words.js";
import { showParcel } from "./parcel.js";

/**
 * @import { Listeners } from "/shared/stream.js"
 * @import { Parcel } from "../parcels.js"
 * @import { Events, User } from "../types.js"
 */

/** @param {string} id */
const $ = (id) => within(document, `#${id}`);

/** @type {Map<string, Parcel>} */
let parcels = new Map();
let isDesk = false;

/** @type {Listeners<Events>} */
const listeners = {
	welcome(welcome) {
		parcels = new Map(welcome.parcels.map((parcel) => [parcel.id, parcel]));
		showUser(welcome.user);
		showNotice(welcome.notice);
		showParcels();
	},
	parcel(parcel) {
		parcels.set(parcel.id, parcel);
		showParcels();
	},
	notice: showNotice,
};

startSession("/events", listeners);

/** @param {User} user */
function showUser({ name, role }) {
	isDesk = role === "desk";
	offerTelling(isDesk);
	$("story").textContent = isDesk
		? "All parcels of everyone. Move one: its owner sees it at once."
		: `Hello, ${name}. Open another tab: both show the same, as it happens.`;
}

function showParcels() {
	const all = [...parcels.values()];
	const arrived = all.filter(({ stops, times }) => times.length === stops.length).length;
	const delivered = arrived === 0 ? "" : `, ${arrived} delivered`;
	$("headline").textContent = `${plural(all.length - arrived, "parcel")} on the way${delivered}`;
	updateList(
		$("parcels"),
		"parcel-row",
		all,
		({ id }) => id,
		(row, parcel) => showParcel(row, parcel, isDesk ? () => move(parcel.id) : undefined),
	);
}

/** @param {string} id */
async function move(id) {
	// Its new place comes by the stream. That it has moved meanwhile is no problem.
	await request("POST", `/parcels/${id}/move`).catch(() => undefined);
}
