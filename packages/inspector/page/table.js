// The table of connections: only the rows in view exist, and only their part of the list is asked for.
import { $, age, button, bytes, el, shown, whole } from "./dom.js";

const ROW = 38;
const PART = 100;
const REFRESH_MS = 2_000;
const MAX_ASKING = 3;
const COLUMNS = [
	["Client", "client"],
	["Groups", undefined],
	["Age", "opened"],
	["Waiting", "buffered"],
	["Last id", undefined],
	["Process", undefined],
];

/** @param onOpen called with a row that was chosen */
export function createTable(onOpen) {
	const grid = $("table");
	const view = $("rows");
	const spacer = $("spacer");
	const roles = { table: "grid", heads: "row", rows: "rowgroup", spacer: "presentation" };
	for (const [id, role] of Object.entries(roles)) $(id).setAttribute("role", role);
	grid.setAttribute("aria-labelledby", "connections-title");
	$("heads").setAttribute("aria-rowindex", "1");
	// The grid has the focus, and names its active row: rows come and go while it is scrolled.
	grid.tabIndex = 0;
	view.tabIndex = -1;
	/** The rows in view by their place, and others to be used again. */
	const pool = new Map();
	const spare = [];
	/** Parts that are being asked for: a fast scroll passes over more than it stops at. */
	let asking = 0;
	/** Parts of the list, by number: rows, and when they were asked for. */
	let parts = new Map();
	let total = 0;
	/** For how many the list is high enough. */
	let drawn;
	let order = "opened";
	let isDescending = true;
	let selected = -1;
	/** Of the row that was chosen, which moves as others come and go. */
	let selectedKey;
	let generation = 0;
	/** Whose connections: those of this process, unless it says otherwise. */
	let process;

	const heads = COLUMNS.map(([title, by], at) => {
		const cell = el("div", at === 2 || at === 3 ? "num" : "");
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
		generation++;
		parts = new Map();
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

	async function ask(part) {
		const mine = generation;
		const known = parts.get(part);
		parts.set(part, { rows: known?.rows ?? [], at: Date.now() });
		const params = new URLSearchParams({
			q: $("search").value,
			order,
			offset: part * PART,
			limit: PART,
		});
		if (isDescending) params.set("desc", "1");
		if (process !== undefined) params.set("process", process);
		asking++;
		const found = await fetch(`connections?${params}`)
			.then((answer) => (answer.ok ? answer.json() : undefined))
			.catch(() => undefined);
		asking--;
		if (mine !== generation) return render();
		if (found === undefined) return;
		parts.set(part, { rows: found.rows, at: Date.now() });
		total = found.total;
		$("count").textContent = whole(found.found);
		$("cut").textContent =
			total < found.found ? `The first ${whole(total)}: search for others` : "";
		grid.classList.toggle("wide", found.rows[0]?.process !== undefined);
		const at = found.rows.findIndex(({ key }) => key === selectedKey);
		if (at >= 0) selected = part * PART + at;
		render();
	}

	function rowAt(index) {
		return parts.get(Math.floor(index / PART))?.rows[index % PART];
	}

	function render() {
		// Everything is read before anything is written: in between, the browser would lay the page out again.
		const { scrollTop, clientHeight } = view;
		const first = Math.max(0, Math.floor(scrollTop / ROW) - 6);
		const last = Math.min(total - 1, Math.ceil((scrollTop + clientHeight) / ROW) + 6);
		if (drawn !== total) {
			drawn = total;
			spacer.style.height = `${total * ROW}px`;
			grid.setAttribute("aria-rowcount", String(total + 1));
		}
		if (total === 0) {
			const isSearching = $("search").value !== "";
			$("empty").textContent = isSearching ? "No client or group matches." : "Nobody is connected.";
		}
		$("empty").style.display = total > 0 ? "none" : "";
		for (const [index, row] of pool) {
			if (index >= first && index <= last) continue;
			row.remove();
			spare.push(row);
			pool.delete(index);
		}
		for (let index = first; index <= last; index++) fill(index);
		for (
			let part = Math.floor(first / PART);
			part <= Math.floor(Math.max(last, 0) / PART);
			part++
		) {
			if (asking < MAX_ASKING && Date.now() - (parts.get(part)?.at ?? 0) > REFRESH_MS)
				void ask(part);
		}
		if (pool.has(selected)) grid.setAttribute("aria-activedescendant", `row-${selected}`);
		else grid.removeAttribute("aria-activedescendant");
	}

	function make() {
		const row = el(
			"div",
			"row",
			...COLUMNS.map((_, at) =>
				el("div", at === 2 || at === 3 ? "num" : at === 4 ? "mono muted" : ""),
			),
		);
		for (const cell of row.children) cell.setAttribute("role", "gridcell");
		row.setAttribute("role", "row");
		row.addEventListener("click", () => choose(Number(row.dataset.index), true));
		return row;
	}

	function fill(index) {
		let row = pool.get(index);
		if (row === undefined) {
			row = spare.pop() ?? make();
			row.id = `row-${index}`;
			row.setAttribute("aria-rowindex", String(index + 2));
			row.style.transform = `translateY(${index * ROW}px)`;
			row.dataset.index = index;
			pool.set(index, row);
			view.append(row);
		}
		row.setAttribute("aria-selected", String(index === selected));
		const data = rowAt(index);
		row.classList.toggle("loading", data === undefined);
		const [client, groups, since, waiting, lastId, where] = row.children;
		if (data === undefined) {
			for (const cell of row.children) cell.textContent = "";
			row.dataset.of = "";
			return;
		}
		since.textContent = age(Date.now() - data.openedAt);
		const of = JSON.stringify([data.key, data.groups, data.buffered, data.process]);
		if (row.dataset.of === of) return;
		row.dataset.of = of;
		client.textContent = shown(data.client);
		client.title = shown(data.client);
		where.textContent = data.process === undefined ? "" : shown(data.process);
		where.title = where.textContent;
		groups.replaceChildren(...data.groups.map((group) => el("span", "chip", shown(group))));
		waiting.textContent = bytes(data.buffered).join(" ");
		waiting.classList.toggle("warned", data.buffered > 65_536);
		lastId.textContent = data.lastEventId === undefined ? "–" : shown(data.lastEventId);
	}

	function choose(index, isOpening) {
		selected = Math.max(0, Math.min(total - 1, index));
		const top = selected * ROW;
		if (top < view.scrollTop) view.scrollTop = top;
		else if (top + ROW > view.scrollTop + view.clientHeight)
			view.scrollTop = top + ROW - view.clientHeight;
		selectedKey = rowAt(selected)?.key;
		render();
		const data = rowAt(selected);
		if (isOpening && data !== undefined) onOpen(data);
	}

	const page = () => Math.floor(view.clientHeight / ROW);
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
	new ResizeObserver(() => {
		$("heads").style.paddingRight = `${16 + view.offsetWidth - view.clientWidth}px`;
		render();
	}).observe(view);
	let typing;
	$("search").addEventListener("input", () => {
		clearTimeout(typing);
		typing = setTimeout(() => {
			view.scrollTop = 0;
			total = 0;
			reset();
		}, 120);
	});
	reset();
	// What is in view is asked for again, and ages grow.
	return {
		refresh: render,
		/** Lists the connections of a process, or of all. */
		setProcess(id) {
			process = id;
			view.scrollTop = 0;
			total = 0;
			reset();
		},
	};
}
