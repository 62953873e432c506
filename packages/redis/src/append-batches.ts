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
		const groups = new Map<string, number>();
		const keys = [...this.#keys.all];
		const placeOf = (group: string): number => {
			const known = groups.get(group);
			if (known !== undefined) return known;
			// Indexes in Lua begin with 1.
			const place = keys.length + 1;
			keys.push(...this.#keys.ofGroup(group));
			groups.set(group, place);
			return place;
		};
		const encoded = entries.flatMap((entry) => encodeEntry(entry, placeOf));
		const argsOf = (isNext: string): string[] => [
			...[this.#format, newLogId(), this.#writer, `${number}`, isNext],
			...this.#limits,
			...encoded,
		];
		try {
			return readAnswer(await runByHash(this.#redis, APPEND, keys, argsOf("0")), entries);
		} catch (error) {
			if (!isUnknownScript(error) && !isScriptError(error, "SSEEARLY")) throw error;
		}
		// A previous batch has not been stored: it must be retried first, or has failed.
		await before;
		return readAnswer(await runByText(this.#redis, APPEND, keys, argsOf("1")), entries);
	}
}

function encodeEntry(
	{ text, tag, ownId, idempotencyKey, latest }: Storing,
	placeOf: (group: string) => number,
): readonly [tag: string, text: string, more: string] {
	if (ownId === undefined && idempotencyKey === undefined && latest === undefined) {
		return [tag, text, ""];
	}
	const key = idempotencyKey !== undefined && encodeName(idempotencyKey);
	const state =
		latest === undefined
			? [0]
			: [
					placeOf(latest.group),
					encodeName(latest.key),
					Math.min(latest.max, Number.MAX_SAFE_INTEGER),
				];
	return [tag, text, JSON.stringify([ownId ?? false, key, ...state])];
}

type Known = readonly [place: unknown, sequence: unknown, tag: string, ownId: string | null];

/** Reads the script's answer, in which clients may return numbers as strings. */
function readAnswer(answer: unknown, entries: readonly Storing[]): readonly StoredAt[] {
	const [epoch, before, hits, tagBefore] = answer as [string, unknown, readonly Known[], string];
	const known = new Map(hits.map(([place, ...at]) => [Number(place), at]));
	let sequence = Number(before);
	let tag = tagBefore;
	return entries.map(({ tag: own, ownId }, place) => {
		const first = known.get(place);
		if (first === undefined) {
			tag = chain(tag, own);
			return { epoch, sequence: ++sequence, tag, ownId, isNew: true };
		}
		const [at, firstTag, firstId] = first;
		return {
			...{ epoch, sequence: Number(at), tag: firstTag },
			...{ ownId: firstId ?? undefined, isNew: false },
		};
	});
}
