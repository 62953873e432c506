// The table of connections: only the rows in view exist, and only their part of the list is asked for.
import { $, button, el, whole } from "./dom.js";
import { createParts } from "./parts.js";
import { COLUMNS, createRow } from "./row.js";

const ROW = 38;
/** Rows above and below those in view. */
const MARGIN = 6;
/** A list that is passed over is asked for where it stops. */
const STOP_MS = 80;

/** @param onOpen called with a row that was chosen */
export function createTable(onOpen) {
	const grid = $("table");
	const view = $("rows");
	const window = $("window");
	const roles = { heads: "row", rows: "rowgroup", spacer: "presentation", window: "presentation" };
	grid.setAttribute("role", "grid");
	for (const [id, role] of Object.entries(roles)) $(id).setAttribute("role", role);
	grid.setAttribute("aria-labelledby", "connections-title");
	$("heads").setAttribute("aria-rowindex", "1");
	// The grid has the focus, and names its active row: rows come and go while it is scrolled.
	grid.tabIndex = 0;
	view.tabIndex = -1;
	const parts = createParts(found);
	/** The rows that exist, in the order of the list. */
	const rows = [];
	/** The index of the first of them. */
	let first = 0;
	let height = 0;
	let made = 0;
	let stopping;
	let total = 0;
	/** For how many the list is high enough. */
	let drawn;
	let order = "opened";
	let isDescending = true;
	let selected = -1;
	/** Of the row that was chosen, which moves as others come and go. */
	let selectedKey;
	/** Whose connections: those of this process, unless it says otherwise. */
	let process;

	const heads = COLUMNS.map(([title, by, className]) => {
		const cell = el("div", className === "num" ? "num" : "");
		cell.setAttribute("role", "columnheader");
		cell.append(by === undefined ? title : button(title, () => sort(by)));
		return cell;
	});
	$("heads").append(...heads);

	function sort(by) {
		isDescending = by === order ? !isDescending : by !== "client";
		order = by;
		view.scrollTop = 0;
		reset();
	}

	function reset() {
		const query = new URLSearchParams({ q: $("search").value, order });
		if (isDescending) query.set("desc", "1");
		if (process !== undefined) query.set("process", process);
		parts.start(query);
		selected = -1;
		selectedKey = undefined;
		heads.forEach((cell, at) => {
			const by = COLUMNS[at][1];
			// The youngest first is the descending order of opening, and the ascending one of age.
			const isUp = (by === "opened") === isDescending;
			if (by !== order) cell.removeAttribute("aria-sort");
			else cell.setAttribute("aria-sort", isUp ? "ascending" : "descending");
		});
		render();
	}

	function found(answer, from) {
		if (answer !== undefined) {
			total = answer.total;
			$("count").textContent = whole(answer.found);
			$("cut").textContent =
				total < answer.found ? `The first ${whole(total)}: search for others` : "";
			grid.classList.toggle("wide", answer.rows[0]?.process !== undefined);
			const at = answer.rows.findIndex(({ key }) => key === selectedKey);
			if (at >= 0) selected = from + at;
		}
		render();
	}

	function render() {
		const top = Math.floor(view.scrollTop / ROW);
		const inView = Math.ceil(height / ROW) + 1;
		if (drawn !== total) {
			drawn = total;
			$("spacer").style.height = `${total * ROW}px`;
			grid.setAttribute("aria-rowcount", String(total + 1));
			const isSearching = $("search").value !== "";
			$("empty").textContent =
				total > 0 ? "" : isSearching ? "No client or group matches." : "Nobody is connected.";
		}
		const count = Math.min(total, inView + 2 * MARGIN);
		const passed = moveTo(Math.max(0, Math.min(top - MARGIN, total - count)), count);
		let active;
		rows.forEach((row, at) => {
			const index = first + at;
			row.show(index, parts.rowAt(index), index === selected);
			if (index === selected) active = row.element.id;
		});
		if (active) grid.setAttribute("aria-activedescendant", active);
		else grid.removeAttribute("aria-activedescendant");
		if (Math.abs(passed) > inView) {
			clearTimeout(stopping);
			stopping = setTimeout(stop, STOP_MS);
		} else if (stopping === undefined) parts.want(first, first + count - 1);
	}

	function stop() {
		stopping = undefined;
		render();
	}

	/** Has `count` rows, from an index on. Those that stay in view stay as they are. @returns how far it has moved */
	function moveTo(from, count) {
		const passed = from - first;
		while (rows.length > count) rows.pop().element.remove();
		if (Math.abs(passed) < rows.length) {
			for (let step = passed; step > 0; step--) {
				rows.push(rows.shift());
				window.append(rows.at(-1).element);
			}
			for (let step = passed; step < 0; step++) {
				rows.unshift(rows.pop());
				window.prepend(rows[0].element);
			}
		}
		while (rows.length < count) {
			const row = createRow((index) => choose(index, true));
			row.element.id = `row-${made++}`;
			rows.push(row);
			window.append(row.element);
		}
		if (passed !== 0) window.style.transform = `translateY(${from * ROW}px)`;
		first = from;
		return passed;
	}

	function choose(index, isOpening) {
		selected = Math.max(0, Math.min(total - 1, index));
		const top = selected * ROW;
		if (top < view.scrollTop) view.scrollTop = top;
		else if (top + ROW > view.scrollTop + height) view.scrollTop = top + ROW - height;
		const data = parts.rowAt(selected);
		selectedKey = data?.key;
		render();
		if (isOpening && data !== undefined) onOpen(data);
	}

	const page = () => Math.floor(height / ROW);
	const KEYS = {
		ArrowDown: () => selected + 1,
		ArrowUp: () => selected - 1,
		PageDown: () => selected + page(),
		PageUp: () => selected - page(),
		Home: () => 0,
		End: () => total - 1,
	};
	grid.addEventListener("keydown", (event) => {
		// The buttons in its head have keys of their own.
		if (event.target !== grid && event.target !== view) return;
		const to = KEYS[event.key];
		if (to !== undefined && total > 0) {
			event.preventDefault();
			choose(to(), false);
		} else if (event.key === "Enter" && selected >= 0) {
			// Or else it presses the button that has the focus next.
			event.preventDefault();
			choose(selected, true);
		}
	});
	let isAsked = false;
	view.addEventListener("scroll", () => {
		if (isAsked) return;
		isAsked = true;
		requestAnimationFrame(() => {
			isAsked = false;
			render();
		});
	});
	// What is cut off can be read under the pointer.
	view.addEventListener("pointerover", ({ target }) => {
		if (target.childElementCount === 0) target.title = target.textContent;
	});
	new ResizeObserver(() => {
		height = view.clientHeight;
		$("heads").style.paddingRight = `${16 + view.offsetWidth - view.clientWidth}px`;
		render();
	}).observe(view);
	let typing;
	$("search").addEventListener("input", () => {
		clearTimeout(typing);
		typing = setTimeout(list, 120);
	});

	function list() {
		view.scrollTop = 0;
		total = 0;
		reset();
	}
	reset();
	// What is in view is asked for again, and ages grow.
	return {
		refresh: render,
		/** Lists the connections of a process, or of all. */
		setProcess(id) {
			process = id;
			list();
		},
	};
}
