/**
 * The losses of a topic: what is still known of records that it keeps no more. A loss is one only to those it was for,
 * as long as it would be of use.
 */
import type { LogRecord } from "./record.js";

interface Loss {
	readonly sequence: number;
	readonly expiresAt: number;
	readonly exceptClient: string | undefined;
	readonly key: string | undefined;
}

// Of records alike only the newest counts. Where more differ than this, the oldest two are taken for one that was for all
// whom either was for: at worst somebody is told of a gap who missed nothing.
const MAX_LOSSES = 32;

// What those of all topics take, before a topic to which one is added keeps one in the place of all.
const MAX_BYTES = 1024 * 1024;

// About what one of them takes.
const LOSS_BYTES = 120;

/** What the losses of all topics take in memory. */
export class TrimmedTally {
	bytes = 0;
}

export class Trimmed {
	readonly #tally: TrimmedTally;
	/** The oldest first. */
	#losses: readonly Loss[] = [];
	#bytes = 0;

	/** @param upTo up to which sequence records may have been here before */
	constructor(upTo: number, tally: TrimmedTally) {
		this.#tally = tally;
		const any = { expiresAt: Infinity, exceptClient: undefined, key: undefined };
		if (upTo > 0) this.#keep([{ sequence: upTo, ...any }]);
	}

	/** A record, the newest so far, is not kept any more. `key`: what a newer one replaces it by */
	add({ position, expiresAt, target }: LogRecord, key: string | undefined, now: number): void {
		if (expiresAt <= now) return;
		const { sequence } = position;
		const loss = { sequence, expiresAt, exceptClient: target.exceptClient, key };
		const losses = [...this.#losses.filter((older) => !covers(loss, older)), loss];
		const most = this.#tally.bytes < MAX_BYTES ? MAX_LOSSES : 1;
		while (losses.length > most) {
			const [first, second] = losses;
			if (first === undefined || second === undefined) break;
			losses.splice(0, 2, merged(first, second));
		}
		this.#keep(losses);
	}

	/** What had this key is of no use any more to those that are given what replaces it. */
	onReplaced(key: string, exceptClient: string | undefined): void {
		if (this.#losses.length === 0) return;
		this.#keep(
			this.#losses.filter(
				(loss) =>
					loss.key !== key || (exceptClient !== undefined && loss.exceptClient !== exceptClient),
			),
		);
	}

	/** Its topic is known no more. */
	clear(): void {
		this.#keep([]);
	}

	/** The sequence of the newest for a client, or for anyone; 0 when there is none. */
	newest(now: number, clientId?: string): number {
		const found = this.#losses.findLast(
			({ expiresAt, exceptClient }) =>
				now < expiresAt && (clientId === undefined || exceptClient !== clientId),
		);
		return found?.sequence ?? 0;
	}

	#keep(losses: readonly Loss[]): void {
		const bytes = losses.reduce((sum, loss) => sum + weightOf(loss), 0);
		this.#tally.bytes += bytes - this.#bytes;
		this.#losses = losses;
		this.#bytes = bytes;
	}
}

function weightOf({ key = "", exceptClient = "" }: Loss): number {
	return LOSS_BYTES + key.length + exceptClient.length;
}

/** Whether whoever has missed `older` has missed `newer` too. */
function covers(newer: Loss, older: Loss): boolean {
	return (
		newer.expiresAt >= older.expiresAt &&
		(newer.exceptClient === undefined || newer.exceptClient === older.exceptClient) &&
		(newer.key === undefined || newer.key === older.key)
	);
}

function merged(older: Loss, newer: Loss): Loss {
	return {
		sequence: newer.sequence,
		expiresAt: Math.max(older.expiresAt, newer.expiresAt),
		exceptClient: older.exceptClient === newer.exceptClient ? newer.exceptClient : undefined,
		key: older.key === newer.key ? newer.key : undefined,
	};
}
