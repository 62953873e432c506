/**
 * The connections that a page is shown: those of this process, of another one, or of all.
 */
import { MAX_ROWS } from "./peer-texts.js";
import type { Peers } from "./peers.js";
import { inOrder, type Query, type Roll, type Row } from "./roll.js";

/** The name of all processes, in place of the id of one. */
export const ALL = "all";

/** A connection of any process. */
interface ShownRow extends Omit<Row, "key"> {
	/** The id of its process, and its key there. */
	readonly key: string;
	/** The name of its process, if more than one is shown. */
	readonly process?: string | undefined;
}

/** A part of a list. */
export interface ShownRows {
	/** How many rows can be scrolled to. */
	readonly total: number;
	/** How many connections there are. */
	readonly found: number;
	readonly rows: readonly ShownRow[];
}

/** This process. */
interface Here {
	readonly id: string;
	readonly name: string;
	readonly roll: Roll;
}

const NONE: ShownRows = { total: 0, found: 0, rows: [] };

/** @param process its id, or `all`; by default this one @returns `undefined` if the process does not answer */
export async function connectionsOf(
	process: string | undefined,
	query: Query,
	here: Here,
	peers: Peers | undefined,
): Promise<ShownRows | undefined> {
	const isHere = process === undefined || process === here.id;
	if (peers === undefined || isHere || (process === ALL && peers.live.size === 0)) {
		const { total, rows } = here.roll.list(query);
		return { total, found: total, rows: rows.map((row) => shownAt(here.id, row)) };
	}
	return process === ALL
		? connectionsOfAll(query, here, peers)
		: connectionsAt(process, query, peers);
}

/** The first of each process, in the order of the page. */
async function connectionsOfAll(query: Query, here: Here, peers: Peers): Promise<ShownRows> {
	const first = { ...query, offset: 0, limit: MAX_ROWS };
	const answers = await peers.ask({ rows: first });
	const own = here.roll.list(first);
	const merged = own.rows.map((row) => shownAt(here.id, row, here.name));
	let found = own.total;
	for (const [id, { name, answer }] of answers) {
		found += answer.total;
		merged.push(...answer.rows.map((row) => shownAt(id, row, name)));
	}
	inOrder(merged, query);
	const { offset, limit } = query;
	return { total: merged.length, found, rows: merged.slice(offset, offset + limit) };
}

async function connectionsAt(
	process: string,
	rows: Query,
	peers: Peers,
): Promise<ShownRows | undefined> {
	const { answer } = (await peers.ask({ process, rows })).get(process) ?? {};
	if (answer === undefined) return peers.live.has(process) ? undefined : NONE;
	const { total } = answer;
	return { total, found: total, rows: answer.rows.map((row) => shownAt(process, row)) };
}

function shownAt(id: string, row: Row, process?: string): ShownRow {
	return { ...row, key: `${id}/${row.key}`, process };
}
