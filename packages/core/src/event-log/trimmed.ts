/**
 * The losses of a topic: what is still known about records that it no longer keeps. A record is a loss only for the clients
 * that it was for, until it would have expired.
 */
import type { LogRecord } from "./record.js";

interface Loss {
	readonly sequence: number;
	readonly expiresAt: number;
	readonly exceptClient: string | undefined;
	readonly key: string | undefined;
}

// Of equivalent losses only the newest counts. Beyond this many, the oldest two are merged into one for everyone that either
// was for: at worst a client that missed nothing receives a gap.
const MAX_LOSSES = 32;

// Memory of the losses of all topics. Beyond it, a topic that adds a loss merges all of its own into one.
const MAX_BYTES = 1024 * 1024;

// Approximate memory of one.
const LOSS_BYTES = 120;

/** The memory of the losses of all topics. */
export class TrimmedTally {
	bytes = 0;
}

export class Trimmed {
	readonly #tally: TrimmedTally;
	/** Oldest first. */
	#losses: readonly Loss[] = [];
	#bytes = 0;

	/** @param upTo records up to this sequence may have been here before */
	constructor(upTo: number, tally: TrimmedTally) {
		this.#tally = tally;
		const any = { expiresAt: Infinity, exceptClient: undefined, key: undefined };
		if (upTo > 0) this.#keep([{ sequence: upTo, ...any }]);
	}

	/** Call when a record is no longer kept. `key`: a newer record with this key replaces it */
	add({ position, expiresAt, target }: LogRecord, key: string | undefined, now: number): void {
		if (expiresAt <= now) return;
		const { sequence } = position;
		const loss = { sequence, expiresAt, exceptClient: target.exceptClient, key };
		// A record that was too large to be kept was lost before the ones that were sent earlier.
		const next = this.#losses.findIndex((known) => known.sequence > sequence);
		const older = next < 0 ? this.#losses : this.#losses.slice(0, next);
		const newer = next < 0 ? [] : this.#losses.slice(next);
		if (newer.some((known) => covers(known, loss))) return;
		const losses = [...older.filter((known) => !covers(loss, known)), loss, ...newer];
		const most = this.#tally.bytes < MAX_BYTES ? MAX_LOSSES : 1;
		while (losses.length > most) {
			const [first, second] = losses;
			if (first === undefined || second === undefined) break;
			losses.splice(0, 2, merged(first, second));
		}
		this.#keep(losses);
	}

	/** Forgets losses with this key for the clients that receive the replacement. */
	onReplaced(key: string, exceptClient: string | undefined): void {
		if (this.#losses.length === 0) return;
		this.#keep(
			this.#losses.filter(
				(loss) =>
					loss.key !== key || (exceptClient !== undefined && loss.exceptClient !== exceptClient),
			),
		);
	}

	/** Call when the topic is forgotten. */
	clear(): void {
		this.#keep([]);
	}

	/** The sequence of the newest loss for a client, or for anyone; 0 if there is none. */
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

/** Whether every client that missed `older` has also missed `newer`. */
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
