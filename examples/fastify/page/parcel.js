/**
 * One parcel: its way, drawn as a line of stops, with a mark that slides to the next.
 */
import { updateList, within } from "/shared/elements.js";
import { clockTime } from "/shared/words.js";

/** @import { Parcel } from "../parcels.js" */

/** @param {HTMLElement} row @param {Parcel} parcel @param {() => void} [onMove] The desk's: shows its button, and who the parcel is for. */
export function showParcel(row, { id, customer, content, stops, times }, onMove) {
	const position = times.length - 1;
	row.dataset.arrived = String(position === stops.length - 1);
	within(row, ".content").textContent = content;
	within(row, ".about").textContent = onMove === undefined ? id : `${id} for ${customer}`;
	within(row, ".status").textContent = statusAt(stops, position);

	const button = /** @type {HTMLButtonElement} */ (within(row, ".move"));
	const next = stops[position + 1];
	button.hidden = onMove === undefined || next === undefined;
	button.textContent = `Move to ${next}`;
	button.ariaLabel = `Move ${content} to ${next}`;
	button.onclick = onMove ?? null;

	const route = within(row, ".route");
	route.style.setProperty("--stops", String(stops.length));
	route.style.setProperty("--position", String(position));
	updateList(route, "stop-row", stops, String, (item, stop) => {
		const time = times[stops.indexOf(stop)];
		item.classList.toggle("reached", time !== undefined);
		item.ariaCurrent = String(stops[position] === stop);
		within(item, "b").textContent = stop;
		within(item, "time").textContent = time === undefined ? "" : clockTime(time);
	});
}

/** @param {readonly string[]} stops @param {number} position */
function statusAt(stops, position) {
	if (position === stops.length - 1) return "Delivered";
	if (position === stops.length - 2) return `Out for delivery in ${stops[position]}`;
	return position === 0 ? `Sent from ${stops[0]}` : `In ${stops[position]}`;
}
