/**
 * Who is here, and which rooms there are.
 */
import { paintAvatar, updateList, within } from "/shared/elements.js";
import { plural } from "/shared/words.js";
import { people } from "./words.js";

/** @import { Events } from "../example.js" */

/**
 * @param {string} me
 * @param {ReadonlySet<string>} rooms Those of this tab.
 * @param {object} wishes
 * @param {(name: string) => void} wishes.onMessage
 * @param {(room: string) => void} wishes.onJoin
 * @param {(room: string) => void} wishes.onLeave
 */
export function createPresence(me, rooms, { onMessage, onJoin, onLeave }) {
	const enter = within(document, "#enter");
	const room = /** @type {HTMLInputElement} */ (within(enter, "input"));
	enter.onsubmit = (event) => {
		event.preventDefault();
		const name = room.value.trim();
		if (name !== "") onJoin(name);
		room.value = "";
	};

	/** @param {Events["presence"]["clients"]} clients */
	function showPeople(clients) {
		within(document, "#people-count").textContent = String(clients.length);
		updateList(
			within(document, "#people"),
			"person-row",
			clients,
			nameOf,
			(row, { name, tabs }) => {
				paintAvatar(within(row, ".avatar"), name);
				within(row, "bdi").textContent = name;
				within(row, ".you").hidden = name !== me;
				within(row, ".size").textContent = plural(tabs, "tab");
				const button = within(row, "button");
				button.ariaLabel = `Message ${name}`;
				button.onclick = () => onMessage(name);
			},
		);
	}

	/** @param {Events["presence"]["rooms"]} sizes */
	function showRooms(sizes) {
		const known = new Map(sizes.map((size) => [size.name, size]));
		const names = new Set([...known.keys(), ...rooms]);
		const all = Array.from(names, (name) => ({ name })).sort(byName);
		updateList(within(document, "#rooms"), "room-row", all, nameOf, (row, { name }) => {
			const joined = rooms.has(name);
			within(row, "bdi").textContent = name;
			const { connections, clients } = known.get(name) ?? { connections: 0, clients: 0 };
			within(row, ".size").textContent = `${plural(connections, "tab")} of ${people(clients)}`;
			const button = within(row, "button");
			button.textContent = joined ? "Leave" : "Join";
			button.ariaLabel = `${button.textContent} ${name}`;
			button.onclick = () => (joined ? onLeave(name) : onJoin(name));
		});
	}

	return {
		/** @param {Events["presence"]} presence */
		show({ clients, rooms }) {
			showPeople(clients.toSorted(byName));
			showRooms(rooms);
		},
	};
}

/** @param {{ name: string }} item */
function nameOf({ name }) {
	return name;
}

/** @param {{ name: string }} one @param {{ name: string }} other */
function byName(one, other) {
	return one.name.localeCompare(other.name);
}
