/**
 * The log in NATS JetStream, as the checker reads it: from the leader of its stream.
 */
import type { NatsConnection } from "@nats-io/transport-node";
import type { Entry, Found } from "../truth/branch.js";
import type { Bookmark } from "../truth/ledger.js";
import { contentOf } from "./log-text.js";

// As the log documents it.
export const STREAM = "SSE";

/** Messages per request. */
const AT_A_TIME = 64;

/** How long JetStream may take to answer. A busy machine takes seconds. */
const ANSWER_MS = 10_000;

export interface StreamInfo {
	readonly created: string;
	readonly config: { readonly subjects: readonly string[] };
	readonly state: { readonly first_seq: number; readonly last_seq: number };
}

/** Reads like a store. */
export async function readLog(
	connection: NatsConnection,
	after: Bookmark | undefined,
): Promise<Found | undefined> {
	const info = (): Promise<Partial<StreamInfo>> => ask(connection, `STREAM.INFO.${STREAM}`);
	const { created, config, state } = await info();
	// SSE.log.<token>.>
	const token = config?.subjects[0]?.split(".")[2];
	if (created === undefined || token === undefined || state === undefined) return undefined;
	const epoch = `${Date.parse(created).toString(36)}${token}`;
	const from = Math.max(state.first_seq, epoch === after?.epoch ? after.sequence + 1 : 1);
	const entries = new Map<number, Entry>();
	for (let next = from; next <= state.last_seq; next += AT_A_TIME) {
		const count = Math.min(AT_A_TIME, state.last_seq + 1 - next);
		const sequences = Array.from({ length: count }, (_, index) => next + index);
		const found = await Promise.all(sequences.map((sequence) => messageAt(connection, sequence)));
		for (const [index, payload] of found.entries()) {
			if (payload !== undefined) entries.set(next + index, entryIn(payload));
		}
	}
	// If the stream was recreated in the meantime, it is another one.
	return (await info()).created === created ? { epoch, entries } : undefined;
}

/** Calls JetStream. The reply has no part that there is nothing to say of. */
export async function ask<Reply>(
	connection: NatsConnection,
	call: string,
	request: object = {},
): Promise<Reply> {
	const text = JSON.stringify(request);
	const message = await connection.request(`$JS.API.${call}`, text, { timeout: ANSWER_MS });
	return message.json<Reply>();
}

/** @returns its payload; `undefined` if it no longer exists */
async function messageAt(connection: NatsConnection, seq: number): Promise<string | undefined> {
	const call = `STREAM.MSG.GET.${STREAM}`;
	const { message } = await ask<{ message?: { data?: string } }>(connection, call, { seq });
	return message && Buffer.from(message.data ?? "", "base64").toString();
}

/** The first line is its tag, then a space and its metadata. */
function entryIn(payload: string): Entry {
	const end = payload.indexOf("\n");
	const tag = /^[0-9a-z]+/.exec(payload)?.[0] ?? "0";
	return { tag, ...contentOf(payload.slice(end + 1)) };
}
