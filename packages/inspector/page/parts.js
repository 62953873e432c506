// The list of connections as the server has it: its parts are asked for when they come into view.
import { get } from "./server.js";

const PART = 100;
const REFRESH_MS = 2_000;
const MAX_ASKING = 3;
const MAX_PARTS = 200;

/** @param onFound called with an answer and the index of its first row, or with nothing when another may be asked for */
export function createParts(onFound) {
	let query = new URLSearchParams();
	/** By number: rows, and when they were asked for. Those that were asked for last are the last. */
	let parts = new Map();
	let asking = 0;

	function keep(part, rows) {
		parts.delete(part);
		parts.set(part, { rows, at: Date.now() });
		if (parts.size > MAX_PARTS) parts.delete(parts.keys().next().value);
	}

	async function ask(part) {
		const mine = query;
		keep(part, parts.get(part)?.rows ?? []);
		asking++;
		const where = { offset: part * PART, limit: PART };
		const found = await get("connections", { ...Object.fromEntries(query), ...where });
		asking--;
		if (mine !== query) return onFound();
		if (found === undefined) return;
		keep(part, found.rows);
		onFound(found, part * PART);
	}

	return {
		/** Lists anew what a query asks for. */
		start(params) {
			query = params;
			parts = new Map();
		},
		rowAt: (index) => parts.get(Math.floor(index / PART))?.rows[index % PART],
		/** Asks for rows that are unknown or old. */
		want(first, last) {
			for (let part = Math.floor(first / PART); part * PART <= Math.max(last, 0); part++) {
				const isOld = Date.now() - (parts.get(part)?.at ?? 0) > REFRESH_MS;
				if (isOld && asking < MAX_ASKING) void ask(part);
			}
		},
	};
}
