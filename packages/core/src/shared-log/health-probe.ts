/**
 * The watch: proves again and again that what is appended arrives here. A connection can be up and deliver nothing, so the
 * newest position, read where it is written, is compared with that of the tail. An engine can be read and take nothing, so
 * what was refused is followed by something that should not be.
 */
import { Alarm } from "../pacing/alarm.js";
import { within } from "../pacing/timeout.js";
import type { LogHealth } from "../types/stats.js";
import type { Position } from "../wire/cursor.js";
import type { Refusal } from "./append-queue.js";
import type { LogEngine } from "./log-engine.js";
import type { LogWriter } from "./log-writer.js";

const INTERVAL_MS = 2_000;
const TIMEOUT_MS = 5_000;

// What was the newest so long ago has not arrived: whatever the connection looks like, it delivers nothing.
const STALLED_MS = 4_000;

// Without proof for so long, new clients are better off elsewhere.
const READY_MS = 10_000;

// When all that was appended has been refused for so long, something is appended to see whether that is so of anything.
const REFUSED_MS = 4_000;

const TIDY_MS = 10_000;

// Who asks in this time is answered by one look.
const ASK_MS = 10;

export interface HealthProbeHost {
	/** Everything up to here has arrived. */
	readonly position: Position | undefined;
	/** What appends here, once the log is open. */
	readonly writer: LogWriter | undefined;
	/** The tag of a position that has arrived, where it is known. */
	tagAt(sequence: number): string | undefined;
	onProven(): void;
	/** What is followed is not, or no more, what is written. */
	onAstray(reason: Error): void;
}

export class HealthProbe {
	readonly #engine: LogEngine;
	readonly #host: HealthProbeHost;
	/** What has to arrive, and when it was the newest. */
	#awaited: { readonly newest: Position; readonly since: number } | undefined;
	#provenAt = -Infinity;
	#behind = 0;
	#error: string | undefined;
	#tidiedAt = Date.now();
	#isTrying = false;
	readonly #asking: (() => void)[] = [];
	readonly #alarm = new Alarm(() => void this.#probe());

	constructor(engine: LogEngine, host: HealthProbeHost) {
		this.#engine = engine;
		this.#host = host;
	}

	start(): void {
		this.#lookIn(INTERVAL_MS);
	}

	stop(): void {
		this.#alarm.stop();
	}

	/** Look at once: there is reason to. */
	look(): void {
		this.#lookIn(0);
	}

	/** Resolves when what is followed has been seen, from now on, to be what there is; not before the engine answers. */
	current(): Promise<void> {
		this.#lookIn(ASK_MS);
		return new Promise((resolve) => {
			this.#asking.push(resolve);
		});
	}

	/** The tail is at the newest position there was. */
	onBegun(): void {
		this.#awaited = undefined;
		this.#prove();
		for (const answer of this.#asking.splice(0)) answer();
		void this.#tryAppending();
	}

	/** It is not followed any more. */
	onFailure(error: Error): void {
		this.#awaited = undefined;
		this.#error = error.message;
	}

	health(): LogHealth {
		const isProven = Date.now() - this.#provenAt < READY_MS;
		const unproven = isProven ? undefined : `${this.#engine.name} does not answer`;
		const error = this.#error ?? unproven ?? this.#refusedFor(READY_MS)?.error.message;
		return { ready: error === undefined, behind: this.#behind, error };
	}

	#lookIn(ms: number): void {
		this.#alarm.ringIn(ms * (0.75 + Math.random() / 2));
	}

	async #probe(): Promise<void> {
		const { position } = this.#host;
		const asking = this.#asking.splice(0);
		try {
			const newest = await within(TIMEOUT_MS, this.#engine.newest());
			// Before that, or where it has begun anew meanwhile, there is nothing to compare.
			const isComparable = position !== undefined && position.epoch === this.#host.position?.epoch;
			if (!isComparable || this.#compare(newest, position))
				for (const answer of asking.splice(0)) answer();
			if (Date.now() - this.#tidiedAt > TIDY_MS) await this.#tidy();
		} catch {
			// Whoever appends is told; here it is a proof that is missing.
		}
		void this.#tryAppending();
		// Those who were not answered are when it is followed again.
		this.#asking.push(...asking);
		this.#lookIn(INTERVAL_MS);
	}

	/** @param asked where the tail was when the question was asked. @returns whether it is the log that there is */
	#compare(newest: Position, asked: Position): boolean {
		const { name } = this.#engine;
		const { sequence = 0 } = this.#host.position ?? {};
		const isLost =
			newest.sequence < asked.sequence ||
			!this.#isKnownAs(newest) ||
			!this.#isKnownAs(this.#awaited?.newest ?? newest);
		const isOther = newest.epoch !== asked.epoch;
		if (isOther || isLost) {
			const why = isOther
				? `The log in ${name} has begun anew`
				: `${name} has lost events that it had`;
			this.#host.onAstray(new Error(why));
		} else if (sequence >= newest.sequence) this.#prove();
		else this.#await(newest, sequence);
		return !isOther && !isLost;
	}

	/** Whether it may be what has arrived, or will. */
	#isKnownAs({ sequence, tag }: Position): boolean {
		return (this.#host.tagAt(sequence) ?? tag) === tag;
	}

	#await(newest: Position, sequence: number): void {
		this.#behind = newest.sequence - sequence;
		const now = Date.now();
		const { newest: awaited = newest, since = now } = this.#awaited ?? {};
		if (sequence >= awaited.sequence) {
			this.#prove();
			this.#awaited = { newest, since: now };
		} else if (now - since >= STALLED_MS) {
			this.#host.onAstray(new Error(`${this.#engine.name} does not deliver what it has`));
		} else this.#awaited = { newest: awaited, since };
	}

	#prove(): void {
		this.#awaited = undefined;
		this.#behind = 0;
		this.#error = undefined;
		this.#provenAt = Date.now();
		this.#host.onProven();
	}

	#refusedFor(ms: number): Refusal | undefined {
		const { refusal } = this.#host.writer ?? {};
		return refusal !== undefined && Date.now() - refusal.since >= ms ? refusal : undefined;
	}

	/** What was refused may have been at fault itself; and if nobody appends, nobody sees that the engine takes it again. */
	async #tryAppending(): Promise<void> {
		if (this.#isTrying || this.#refusedFor(REFUSED_MS) === undefined) return;
		this.#isTrying = true;
		// What becomes of it is seen by the refusal.
		await this.#host.writer?.appendNothing().catch(() => {});
		this.#isTrying = false;
	}

	async #tidy(): Promise<void> {
		this.#tidiedAt = Date.now();
		await this.#engine.tidy?.();
	}
}
