/**
 * What the inspectors of several processes write to each other through the event log: a call, which asks for posts, and the post
 * of a process. Texts are read as untrusted input, because others can write to an engine too.
 */
import {
	isObject,
	listOf,
	MAX_LENGTH,
	numberOf,
	pairsOf,
	parse,
	textOf,
	timeOf,
} from "./peer-fields.js";
import type { Query, Row } from "./roll.js";
import { readQuery } from "./roll.js";
import { type Entry, KINDS } from "./timeline.js";

/** The figures of a process, as others see them. */
export interface Summary {
	readonly name: string;
	readonly connections: number;
	readonly clients: number;
	readonly groups: number;
	/** Deliveries a second. */
	readonly events: number;
	/** Bytes a second. */
	readonly bytes: number;
	/** Bytes that wait for clients. */
	readonly buffered: number;
	readonly ready: boolean;
	/** How long the newest event took from the log to here, in ms. */
	readonly lagMs: number | undefined;
	/** Events of the log that the process has not delivered yet. */
	readonly behind: number | undefined;
	readonly error: string | undefined;
}

/** Whose timeline is asked for. */
export interface Subject {
	readonly client?: string | undefined;
	readonly group?: string | undefined;
}

/** A question to every process, or to one: some connections, or what happened to a client or a group. */
export type Ask = { readonly process?: string | undefined } & (
	| { readonly rows: Query }
	| { readonly of: Subject }
);

export interface Answer {
	/** How many connections match. */
	readonly total: number;
	/** The first of them. */
	readonly rows: readonly Row[];
	readonly entries: readonly Entry[];
}

/** Asks every process to post for a while. */
export interface Call {
	readonly from: string;
	/** By key, which names the question in the answers. */
	readonly asks: ReadonlyMap<string, Ask>;
}

export interface Post {
	readonly summary: Summary;
	readonly answers: ReadonlyMap<string, Answer>;
	/** Followers of runs in this process, by attempt. */
	readonly followers: ReadonlyMap<string, number>;
	/** The hash of the token of its pages, by which other processes know their requests. */
	readonly tokenHash: string;
	/** The process closes its inspector. */
	readonly isLast: boolean;
}

/** Asks a process to end one of its connections. */
export interface End {
	readonly process: string;
	/** That of its row. */
	readonly key: number;
}

/** The version of these texts. Others are ignored. */
const VERSION = 1;
/** Connections and entries in an answer. */
export const MAX_ROWS = 200;
/** Questions of one process. */
export const MAX_ASKS = 8;
export const MAX_FOLLOWED = 200;
const MAX_NAME_LENGTH = 256;

export function encodeCall({ from, asks }: Call): string {
	return JSON.stringify({ v: VERSION, from, asks: [...asks] });
}

export function encodeEnd(end: End): string {
	return JSON.stringify({ v: VERSION, end });
}

/** A post that would be too large for an engine leaves without its answers. */
export function encodePost({ summary, answers, followers, tokenHash, isLast }: Post): string {
	const encode = (each: Post["answers"]): string =>
		JSON.stringify({
			v: VERSION,
			summary,
			answers: [...each],
			followers: [...followers],
			tokenHash,
			isLast,
		});
	const text = encode(answers);
	return Buffer.byteLength(text) <= MAX_LENGTH ? text : encode(new Map());
}

/** @returns `undefined` if it is no call */
export function readCall(text: string): Call | undefined {
	const { from, asks } = parse(text, VERSION) ?? {};
	if (typeof from !== "string" || from === "" || from.length > MAX_NAME_LENGTH) return undefined;
	return { from, asks: new Map(pairsOf(asks, MAX_ASKS, readAsk)) };
}

/** @returns `undefined` if it asks no process to end a connection */
export function readEnd(text: string): End | undefined {
	const { end } = parse(text, VERSION) ?? {};
	if (!isObject(end)) return undefined;
	const [process, key] = [textOf(end.process), numberOf(end.key)];
	return process === undefined || key === undefined ? undefined : { process, key };
}

/** @returns `undefined` if it is no post */
export function readPost(text: string): Post | undefined {
	const { summary, answers, followers, tokenHash, isLast } = parse(text, VERSION) ?? {};
	if (!isObject(summary)) return undefined;
	return {
		summary: readSummary(summary),
		answers: new Map(pairsOf(answers, MAX_ASKS, readAnswer)),
		followers: new Map(pairsOf(followers, MAX_FOLLOWED, numberOf)),
		tokenHash: textOf(tokenHash) ?? "",
		isLast: isLast === true,
	};
}

function readAsk(value: unknown): Ask | undefined {
	if (!isObject(value)) return undefined;
	const { rows, of } = value;
	const process = textOf(value.process);
	if (isObject(rows)) {
		const { q, order, isDescending, offset, limit } = rows;
		const params = {
			q: textOf(q) ?? "",
			order: textOf(order) ?? "",
			desc: isDescending ? "1" : "",
			offset: String(offset),
			limit: String(limit),
		};
		return { process, rows: readQuery(new URLSearchParams(params)) };
	}
	if (!isObject(of)) return undefined;
	return { process, of: { client: textOf(of.client), group: textOf(of.group) } };
}

function readAnswer(value: unknown): Answer | undefined {
	if (!isObject(value)) return undefined;
	return {
		total: numberOf(value.total) ?? 0,
		rows: listOf(value.rows, MAX_ROWS, readRow),
		entries: listOf(value.entries, MAX_ROWS, readEntry),
	};
}

function readRow(value: unknown): Row | undefined {
	if (!isObject(value)) return undefined;
	const key = numberOf(value.key);
	const client = textOf(value.client);
	if (key === undefined || client === undefined) return undefined;
	return {
		key,
		client,
		groups: listOf(value.groups, 20, textOf),
		openedAt: timeOf(value.openedAt) ?? 0,
		buffered: numberOf(value.buffered) ?? 0,
		lastEventId: textOf(value.lastEventId),
	};
}

function readEntry(value: unknown): Entry | undefined {
	if (!isObject(value)) return undefined;
	const kind = KINDS.find((each) => each === value.kind);
	if (kind === undefined) return undefined;
	return {
		n: numberOf(value.n) ?? 0,
		t: timeOf(value.t) ?? 0,
		kind,
		client: textOf(value.client),
		groups: listOf(value.groups, 20, textOf),
		text: textOf(value.text),
		count: numberOf(value.count) ?? 1,
	};
}

function readSummary(of: Readonly<Record<string, unknown>>): Summary {
	const count = (name: keyof Summary): number => numberOf(of[name]) ?? 0;
	return {
		name: (textOf(of.name) ?? "").slice(0, MAX_NAME_LENGTH),
		connections: count("connections"),
		clients: count("clients"),
		groups: count("groups"),
		events: count("events"),
		bytes: count("bytes"),
		buffered: count("buffered"),
		ready: of.ready === true,
		lagMs: numberOf(of.lagMs),
		behind: numberOf(of.behind),
		error: textOf(of.error),
	};
}
