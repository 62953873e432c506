// A row of the table: its elements are made once and used for many rows, and only what differs is written.
import { age, bytes, el, shown, write } from "./dom.js";

export const COLUMNS = [
	["Client", "client", ""],
	["Groups", undefined, ""],
	["Age", "opened", "num"],
	["Waiting", "buffered", "num"],
	["Last id", undefined, "mono muted"],
	["Process", undefined, ""],
];
const MANY_BYTES = 65_536;

/** @param onClick called with the index of the row that it shows */
export function createRow(onClick) {
	const cells = COLUMNS.map(([, , className]) => el("div", className, ""));
	const element = el("div", "row", ...cells);
	const [client, groups, since, waiting, lastId, where] = cells;
	/** What is written: a row, and where. */
	let data = null;
	let index;
	let wasSelected;
	for (const cell of cells) cell.setAttribute("role", "gridcell");
	element.setAttribute("role", "row");
	element.addEventListener("click", () => onClick(index));

	function writeAll() {
		element.classList.toggle("loading", data === undefined);
		write(client, data && shown(data.client));
		writeChips(groups, data?.groups ?? []);
		write(waiting, data && bytes(data.buffered).join(" "));
		waiting.classList.toggle("warned", data?.buffered > MANY_BYTES);
		write(lastId, data && (data.lastEventId === undefined ? "–" : shown(data.lastEventId)));
		write(where, data?.process && shown(data.process));
	}

	return {
		element,
		/** @param row `undefined` while it is not known */
		show(at, row, isSelected) {
			if (at !== index) element.setAttribute("aria-rowindex", String(at + 2));
			index = at;
			if (row !== data) {
				data = row;
				writeAll();
			}
			write(since, data && age(Date.now() - data.openedAt));
			if (isSelected !== wasSelected) element.setAttribute("aria-selected", String(isSelected));
			wasSelected = isSelected;
		},
	};
}

function writeChips(cell, names) {
	while (cell.childElementCount > names.length) cell.lastChild.remove();
	names.forEach((name, at) => {
		if (cell.children[at] === undefined) cell.append(el("span", "chip", ""));
		write(cell.children[at], shown(name));
	});
}
