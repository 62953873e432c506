/**
 * The batches of this process: each is numbered, and stored after the one before it. So a batch that the client library sends
 * twice, because it received no answer, is stored once; and a late batch is not stored after its successors.
 */
import type { LogLimits, StoredAt, Storing } from "sse-service/engine";
import { chain } from "./chain.js";
import type { RedisCalls } from "./clients/client.js";
import { encodeName, type LogKeys } from "./keys.js";
import { newLogId } from "./log-id.js";
import { APPEND } from "./scripts/append-script.js";
import { isScriptError, isUnknownScript, runByHash, runByText } from "./scripts/script.js";

/** The number of idempotency keys remembered; as many older ones are remembered for some time longer. */
export const MAX_KNOWN = 100_000;

export class AppendBatches {
	readonly #redis: RedisCalls;
	readonly #keys: LogKeys;
	readonly #format: string;
	readonly #limits: readonly string[];
	readonly #writer = newLogId();
	#number = 0;
	/** The tag that the log ends with, if only this process has appended since the last answer. */
	#tag = "0";
	#pending = 0;
	/** Resolves when all sent batches have been answered. */
	#settled: Promise<unknown> = Promise.resolve();

	constructor(redis: RedisCalls, keys: LogKeys, format: string, limits: LogLimits) {
		this.#redis = redis;
		this.#keys = keys;
		this.#format = format;
		const { maxEvents, maxBytes, idempotencyMs } = limits;
		this.#limits = [maxEvents, maxBytes, idempotencyMs, MAX_KNOWN].map(String);
	}

	/** Stores a batch, completely or not at all. */
	append(entries: readonly Storing[]): Promise<readonly StoredAt[]> {
		const answer = this.#send(entries, ++this.#number, this.#settled);
		this.#settled = Promise.allSettled([this.#settled, answer]);
		return answer;
	}

	async #send(
		entries: readonly Storing[],
		number: number,
		before: Promise<unknown>,
	): Promise<readonly StoredAt[]> {
		const keys = [...this.#keys.all];
		const expected = [this.#tag, ...chain(this.#tag, entries)];
		const encoded = encodeEntries(entries, expected, this.#keys, keys);
		const argsOf = (isNext: string): string[] => [
			...[this.#format, newLogId(), this.#writer, `${number}`, isNext],
			...this.#limits,
			...encoded,
		];
		const run = async (): Promise<unknown> => {
			try {
				return await runByHash(this.#redis, APPEND, keys, argsOf("0"));
			} catch (error) {
				if (!isUnknownScript(error) && !isScriptError(error, "SSEEARLY")) throw error;
			}
			// A previous batch has not been stored: it must be retried first, or has failed.
			await before;
			return runByText(this.#redis, APPEND, keys, argsOf("1"));
		};
		this.#tag = expected.at(-1) ?? "0";
		this.#pending++;
		try {
			const { stored, last } = readAnswer(await run(), entries, expected);
			// Another process may have appended between.
			if (this.#pending === 1) this.#tag = last;
			return stored;
		} finally {
			this.#pending--;
		}
	}
}

/** Encodes entries as arguments of the script, and adds the keys of their groups to `keys`. */
function encodeEntries(
	entries: readonly Storing[],
	[before = "", ...tags]: readonly string[],
	{ ofGroup }: LogKeys,
	keys: string[],
): string[] {
	const places = new Map<string, number>();
	const placeOf = (group: string): number => {
		const known = places.get(group);
		if (known !== undefined) return known;
		// Indexes in Lua begin with 1.
		const place = keys.length + 1;
		keys.push(...ofGroup(group));
		places.set(group, place);
		return place;
	};
	const more: unknown[] = [];
	const encoded = [before, ""];
	for (const [place, { text, ownId, idempotencyKey, latest }] of entries.entries()) {
		encoded.push(tags[place] ?? "", text);
		if (ownId === undefined && idempotencyKey === undefined && latest === undefined) continue;
		const key = idempotencyKey !== undefined && encodeName(idempotencyKey);
		const state = latest && [
			placeOf(latest.group),
			encodeName(latest.key),
			Math.min(latest.max, Number.MAX_SAFE_INTEGER),
		];
		more.push([place, ownId ?? false, key, ...(state ?? [0])]);
	}
	if (more.length > 0) encoded[1] = JSON.stringify(more);
	return encoded;
}

type Known = readonly [place: unknown, sequence: unknown, tag: string, ownId: string | null];

interface Answer {
	readonly stored: readonly StoredAt[];
	/** The tag that the log ends with. */
	readonly last: string;
}

/**
 * Reads the script's answer, in which clients may return numbers as strings.
 *
 * @param expected the tag before the entries, and theirs, if no other process has appended and no entry was known
 */
function readAnswer(
	answer: unknown,
	entries: readonly Storing[],
	expected: readonly string[],
): Answer {
	const [epoch, before, hits, tagBefore] = answer as [string, unknown, readonly Known[], string];
	const known = new Map(hits.map(([place, ...at]) => [Number(place), at]));
	const isNew = (_: unknown, place: number): boolean => !known.has(place);
	const isExpected = known.size === 0 && tagBefore === expected[0];
	const [, ...tags] = isExpected
		? expected
		: [tagBefore, ...chain(tagBefore, entries.filter(isNew))];
	let sequence = Number(before);
	let count = 0;
	const stored = entries.map(({ ownId }, place) => {
		const first = known.get(place);
		if (first === undefined) {
			return { epoch, sequence: ++sequence, tag: tags[count++] ?? "", ownId, isNew: true };
		}
		const [at, tag, firstId] = first;
		return { epoch, sequence: Number(at), tag, ownId: firstId ?? undefined, isNew: false };
	});
	return { stored, last: tags.at(-1) ?? tagBefore };
}
