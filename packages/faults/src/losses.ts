/**
 * The losses: what the engine lost, and when processes were cut off from it. Only these explain a gap.
 */
import type { Position } from "./position.js";

interface Loss {
	readonly epoch: string;
	readonly sequence: number;
	readonly at: number;
}

interface Cut extends Loss {
	/** The tags of those after it that are not gone. */
	readonly survivors: ReadonlySet<string>;
}

interface Outage {
	readonly from: number;
	to: number;
}

// In a process that does not come up with a client for so long, that client is told of a gap: 10 s, and what it takes to say it.
const LAG_MS = 15_000;

export class Losses {
	readonly #trims: Loss[] = [];
	readonly #cuts: Cut[] = [];
	/** Each with the epochs that were lost by then. */
	readonly #wipes: ReadonlySet<string>[] = [];
	readonly #outages: Outage[] = [];

	/** The events up to this one are gone. */
	trim(loss: Loss): void {
		this.#trims.push(loss);
	}

	/** The events after this one are gone, though they were acknowledged. */
	cut(cut: Cut): void {
		this.#cuts.push(cut);
	}

	/** Everything is gone. */
	wipe(epochs: Iterable<string>): void {
		this.#wipes.push(new Set(epochs));
	}

	/** From now on a process may be cut off from the log, or behind it. */
	beginOutage(at: number): void {
		this.#outages.push({ from: at, to: Infinity });
	}

	/** All processes deliver what the log has. */
	endOutages(at: number): void {
		for (const outage of this.#outages) outage.to = Math.min(outage.to, at);
	}

	/** The last loss of what is at a position, or would be there now. */
	cutBefore({ epoch, sequence }: Position): Loss | undefined {
		return this.#cuts.findLast((cut) => cut.epoch === epoch && sequence > cut.sequence);
	}

	/** Whether what was at a position then was lost afterwards. */
	isCut({ epoch, sequence, tag }: Position, at: number): boolean {
		const isAfter = (cut: Cut): boolean => cut.epoch === epoch && sequence > cut.sequence;
		return this.#cuts.some((cut) => isAfter(cut) && at < cut.at && !cut.survivors.has(tag));
	}

	/** How many logs these explain. */
	get epochs(): number {
		return this.#wipes.length + 1;
	}

	/** What speaks against the reason of a gap after a position, if anything does. */
	objection(reason: string, from: Position, to: Position, at: number): string | undefined {
		const { epoch, sequence } = from;
		// A process that has not noticed yet finds nothing, or another log's.
		const isWiped = this.#wipes.some((epochs) => epochs.has(epoch));
		// One that comes just then is told twice, first with where the process was.
		if (reason === "epoch") {
			return epoch === to.epoch && !isWiped ? "the epoch is the same" : undefined;
		}
		if (reason === "expired") {
			const isGone = this.#trims.some((trim) => trim.epoch === epoch && sequence <= trim.sequence);
			return isGone || isWiped ? undefined : "nothing after it was trimmed";
		}
		if (reason === "diverged") {
			const isGone = this.cutBefore(from) !== undefined;
			const isBehind = this.#outages.some(({ from, to }) => at >= from && at <= to + LAG_MS);
			if (isGone || isWiped || isBehind) return undefined;
			return "it was never lost, and no process was behind";
		}
		return "nothing that was done leads to it";
	}
}
