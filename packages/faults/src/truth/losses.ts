/**
 * The losses: what was done to the log and to the ways to it. Only these explain a gap.
 */

interface Trim {
	readonly epoch: string;
	/** The events up to this one are lost. */
	readonly sequence: number;
}

interface Span {
	readonly from: number;
	to: number;
}

interface Wipe extends Span {
	/** The logs that were lost by then. */
	readonly epochs: ReadonlySet<string>;
}

/** A process sends a gap to a client that it stays behind for 10 s. The rest is the time to send and read it. */
const LAG_MS = 15_000;

export class Losses {
	readonly #trims: Trim[] = [];
	readonly #wipes: Wipe[] = [];
	readonly #outages: Span[] = [];

	trim(trim: Trim): void {
		this.#trims.push(trim);
	}

	/** Everything is lost. */
	wipe(epochs: Iterable<string>, at: number): void {
		this.#wipes.push({ epochs: new Set(epochs), from: at, to: Infinity });
	}

	/** From now on a process may be cut off from the log, or behind it. */
	beginOutage(at: number): void {
		this.#outages.push({ from: at, to: Infinity });
	}

	/** All processes deliver what the log has. */
	endOutages(at: number): void {
		for (const span of [...this.#outages, ...this.#wipes]) span.to = Math.min(span.to, at);
	}

	/** How many logs these explain. */
	get epochs(): number {
		return this.#wipes.length + 1;
	}

	isTrimmed({ epoch, sequence }: Trim): boolean {
		return this.#trims.some((trim) => trim.epoch === epoch && sequence <= trim.sequence);
	}

	isWiped(epoch: string): boolean {
		return this.#wipes.some(({ epochs }) => epochs.has(epoch));
	}

	/** Whether a process could still be on a wiped log at a time, including the time until its events are received. */
	isWipeFresh(epoch: string, at: number): boolean {
		return this.#wipes.some((wipe) => wipe.epochs.has(epoch) && isIn(wipe, at));
	}

	/** Whether a process could be behind at a time, including the time until its gap is received. */
	isBehind(at: number): boolean {
		return this.#outages.some((outage) => isIn(outage, at));
	}
}

function isIn({ from, to }: Span, at: number): boolean {
	return at >= from && at <= to + LAG_MS;
}
