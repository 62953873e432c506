/**
 * A producer: writes one run that this process has claimed, from its first event to its end. It renews the lease, and stops
 * when the run is cancelled or the lease is lost.
 */
import { observe } from "../checks/errors.js";
import type { SendOptions } from "../types/message.js";
import type { Fold } from "./fold.js";
import { Lease, renewalFor } from "./lease.js";
import { PendingEntries, type PendingRules } from "./pending-entries.js";
import { RefusedSends } from "./refused-sends.js";
import { endEntry, limitError, overError, type ProducerEnd } from "./run-end.js";
import type { ClaimRules, RunEntry, RunSnapshot, RunStatus, RunWrite } from "./run-store.js";
import type { WriteQueue, Writer } from "./write-queue.js";

/** One promise for all events that can be accepted at once: each of its own would be garbage for the collector. */
const ACCEPTED = Promise.resolve();

export interface ProducerRules extends ClaimRules, PendingRules {
	/** The number of events between two snapshots of a fold. */
	readonly snapshotEvery: number;
}

export interface ProducerHost {
	readonly queue: WriteQueue;
	readonly rules: ProducerRules;
	readonly fold: Fold | undefined;
	/** Encodes the data and the event type for the wire. @throws `ERR_SSE_INVALID_*` */
	encode(data: unknown, options: SendOptions | undefined): RunEntry;
	onError(error: unknown): void;
}

// Delay before retrying an unreachable store, in milliseconds.
const RETRY_MS = 250;

export class Producer implements Writer {
	readonly id: string;
	readonly attempt: string;
	readonly #term: number;
	readonly #host: ProducerHost;
	readonly #controller = new AbortController();
	readonly #pending: PendingEntries;
	#sequence: number;
	#snapshotAt = 0;
	#isQueued = false;
	/** False after a failed write, which the store may have received. */
	#isKnown = true;
	/** What an unanswered write carries. */
	#inFlight: Pick<RunWrite, "entries" | "snapshot" | "release"> | undefined;
	/** The end or the hand-over, once it is pending. */
	#ending: Omit<ProducerEnd, "events"> | undefined;
	#isOver = false;
	readonly #refused = new RefusedSends((error) => this.#fail(error));
	readonly #lease: Lease;
	#resolveEnded: (end: ProducerEnd) => void = () => {};
	/** Resolves when the store has its end, or it was stopped. */
	readonly ended = new Promise<ProducerEnd>((resolve) => {
		this.#resolveEnded = resolve;
	});

	constructor(status: RunStatus, host: ProducerHost) {
		this.id = status.id;
		this.attempt = status.attempt;
		this.#term = status.term;
		this.#sequence = status.sequence;
		this.#pending = new PendingEntries(status, host.rules);
		this.#host = host;
		this.#lease = new Lease(host.rules.leaseMs, () =>
			this.#lease.isOver ? this.#lost() : this.#enqueue(),
		);
	}

	/** Aborts when the run is over for any cause except the producer's own end. */
	get signal(): AbortSignal {
		return this.#controller.signal;
	}

	/**
	 * Adds an event. @returns a promise that resolves when more can be accepted: `ACCEPTED` if that is now
	 * @throws (rejects) `ERR_SSE_RUN_OVER`, `ERR_SSE_INVALID_*`, what the fold throws. If nobody handles it, the run fails
	 */
	send(data: unknown, options?: SendOptions): Promise<void> {
		try {
			this.#add(data, options);
		} catch (error) {
			return this.#refused.add(error);
		}
		const sending = this.#pending.room()?.then(() => {
			if (this.#isOver) throw overError(this.id);
		});
		observe(sending);
		return sending ?? ACCEPTED;
	}

	/** An event was refused and nobody has noticed: without it the run would seem complete. */
	#fail(error: unknown): void {
		if (this.#ending !== undefined || this.#isOver) return;
		this.#host.onError(error);
		this.end("failed", "error");
		this.stop(error);
	}

	#add(data: unknown, options: SendOptions | undefined): void {
		if (this.#ending !== undefined || this.#isOver) throw overError(this.id);
		const entry = this.#host.encode(data, options);
		if (!this.#pending.fits(entry)) {
			this.end("failed", "limit");
			this.stop(limitError(this.id, this.#host.rules));
			throw overError(this.id);
		}
		this.#host.fold?.add(entry);
		this.#pending.push(entry);
		this.#enqueue();
	}

	/** Adds the end. Does nothing if the run already has one. */
	end(outcome: "done" | "failed", reason?: string): void {
		if (outcome === "done") this.#refused.check();
		if (this.#ending !== undefined || this.#isOver) return;
		this.#ending = { outcome, reason };
		this.#pending.pushEnd(endEntry(outcome, reason));
		this.#enqueue();
	}

	/** Hands the run over: writes what is pending and lets another producer continue. @returns false if the run has its end */
	release(): boolean {
		this.#refused.check();
		if (this.#ending !== undefined || this.#isOver) return false;
		this.#ending = { outcome: "handedOver" };
		this.#enqueue();
		return true;
	}

	/** Call when the run is over or belongs to another producer. */
	stop(reason: unknown): void {
		if (this.#ending === undefined) this.#over({ outcome: "cancelled" });
		this.#controller.abort(reason);
	}

	/** Its first event is written as soon as possible. */
	get isUrgent(): boolean {
		return this.#sequence === 0;
	}

	#enqueue(): void {
		if (this.#isQueued || this.#isOver) return;
		this.#isQueued = true;
		this.#host.queue.add(this);
	}

	take(): RunWrite | undefined {
		this.#isQueued = false;
		if (this.#isOver) return undefined;
		if (this.#inFlight === undefined) {
			const entries = this.#pending.take();
			this.#inFlight = { entries, snapshot: this.#snapshot(), release: this.#isReleasing };
		}
		return this.#write(this.#inFlight);
	}

	renewal(longerMs: number): RunWrite | undefined {
		if (this.#isOver || !this.#isKnown || this.#lease.lasts(longerMs)) return undefined;
		return renewalFor(this.#write({ entries: [] }), longerMs);
	}

	onRenewed(longerMs: number): void {
		this.#lease.renewed(longerMs);
	}

	onWritten(sequence: number | undefined): void {
		this.#isKnown = true;
		const { entries = [], release } = this.#inFlight ?? {};
		this.#inFlight = undefined;
		if (sequence === undefined) return void this.#lost();
		this.#sequence = sequence;
		this.#lease.renewed();
		if (release === true || entries.at(-1)?.end !== undefined) this.#over(this.#ending);
		else if (this.#isReleasing || !this.#pending.isEmpty) this.#enqueue();
	}

	#write(what: Pick<RunWrite, "entries" | "snapshot" | "release">): RunWrite {
		const { id, attempt } = this;
		const [term, after, { rules }] = [this.#term, this.#sequence, this.#host];
		return { id, attempt, term, after, ...what, rules };
	}

	get #isReleasing(): boolean {
		return this.#ending?.outcome === "handedOver";
	}

	/** Retries a failed write, which may have had its effect: the store recognizes the entries by their sequence. */
	onFailed(error: unknown): void {
		this.#isKnown = false;
		this.#host.onError(error);
		if (this.#lease.isOver) this.#lost();
		else setTimeout(() => this.#enqueue(), RETRY_MS);
	}

	#lost(): void {
		if (this.#isOver) return;
		this.#over();
		this.#controller.abort(overError(this.id));
	}

	#over(end: Omit<ProducerEnd, "events"> = { outcome: "failed", reason: "lost" }): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#lease.stop();
		this.#pending.take();
		this.#resolveEnded({ ...end, events: this.#pending.count });
	}

	#snapshot(): RunSnapshot | undefined {
		const { fold, rules } = this.#host;
		const least = this.#isReleasing ? 1 : rules.snapshotEvery;
		if (fold === undefined || fold.count - this.#snapshotAt < least) return undefined;
		this.#snapshotAt = fold.count;
		return fold.snapshot((error) => this.#host.onError(error));
	}
}
