/**
 * The health probe: proves periodically that appended events arrive here. A connection can be up and deliver nothing, so the
 * newest position, read from the primary, is compared with that of the tail. An engine can be read and store nothing, so after
 * refusals the probe appends something that cannot be refused for its own sake.
 */
import { Alarm } from "../pacing/alarm.js";
import { within } from "../pacing/timeout.js";
import type { LogHealth } from "../types/stats.js";
import type { Position } from "../wire/cursor.js";
import type { Refusal } from "./append-queue.js";
import { failed } from "./engine-failure.js";
import type { LogEngine, Newest } from "./log-engine.js";
import type { LogWriter } from "./log-writer.js";
import { OpenQuestions } from "./open-questions.js";

const INTERVAL_MS = 2_000;
const TIDY_MS = 10_000;
// A call that is never answered would be the last one.
const TIMEOUT_MS = 5_000;

// If nothing arrives for this long although the log has more, the connection delivers nothing, even if it looks healthy.
// Twice as long after each time: over a slow link one event can take longer, and each attempt begins with it again.
const STALLED_MS = 4_000;

// Not ready after this long without proof.
const READY_MS = 10_000;

// When all appends have been refused for this long, the probe appends something itself.
const REFUSED_MS = 4_000;

// Questions asked within this time share one answer.
const ASK_MS = 10;

export interface HealthProbeHost {
	/** Everything up to here has arrived. */
	readonly position: Position | undefined;
	/** Whether the engine delivers to this process. */
	readonly isFollowed: boolean;
	/** Appends for this process; `undefined` until the log is open. */
	readonly writer: LogWriter | undefined;
	/** The tag of an arrived position, if it is still remembered. */
	tagAt(sequence: number): string | undefined;
	/** Called when the engine has answered with its newest position. */
	onAnswer(newest: Newest): void;
	/** Called when everything that was in the log a moment ago has arrived. */
	onProven(): void;
	/** Called when the followed log is not, or no longer, the one that appends go to. */
	onAstray(reason: Error): void;
}

/** The position that must arrive. Then this process has the whole log as it was a moment ago. */
interface Awaited {
	readonly newest: Position;
	/** The tail's sequence when it last advanced, and when the probe saw that. */
	readonly reached: number;
	readonly since: number;
}

export class HealthProbe {
	readonly #engine: LogEngine;
	readonly #host: HealthProbeHost;
	#awaited: Awaited | undefined;
	/** The newest sequence seen in the log. */
	#newest = 0;
	#provenAt = -Infinity;
	/** Why the log is not followed. */
	#failure: string | undefined;
	/** What the engine last answered instead of a position. */
	#refusal: string | undefined;
	#stalledMs = STALLED_MS;
	#tidiedAt = performance.now();
	#isTrying = false;
	readonly #questions = new OpenQuestions();
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

	/** Probes at once instead of at the next interval. */
	look(): void {
		this.#lookIn(0);
	}

	/** Resolves when a probe that starts from now on proves that the followed log is the current one. */
	current(): Promise<void> {
		this.#lookIn(ASK_MS);
		return new Promise((resolve) => this.#questions.add([resolve]));
	}

	/** Call when the engine delivers what is after the position. `newest`: the newest position just before */
	onFollowed(newest: Position): void {
		this.#awaited = undefined;
		this.#failure = undefined;
		this.#expect(newest);
		if (this.#questions.hasNew) this.look();
		void this.#tryAppending();
	}

	/** Call when the log is no longer followed. Earlier proof does not apply to the next connection. */
	onFailure(error: Error): void {
		this.#awaited = undefined;
		this.#provenAt = -Infinity;
		this.#failure = error.message;
		this.#questions.askAgain();
	}

	/** Call when everything up to a sequence has arrived. */
	onArrived(sequence: number): void {
		if (this.#awaited !== undefined && sequence >= this.#awaited.newest.sequence) this.#prove();
		this.#questions.onArrived(this.#host);
	}

	health(): LogHealth {
		const { sequence = 0 } = this.#host.position ?? {};
		const behind = Math.max(0, this.#newest - sequence);
		const error =
			this.#failure ?? this.#unproven(behind) ?? this.#refusedFor(READY_MS)?.error.message;
		return { ready: error === undefined, behind, engine: this.#engine.name, error };
	}

	#unproven(behind: number): string | undefined {
		if (performance.now() - this.#provenAt < READY_MS) return undefined;
		if (this.#refusal !== undefined) return this.#refusal;
		const { name } = this.#engine;
		const isCatchingUp = this.#host.isFollowed && behind > 0;
		return isCatchingUp ? `${behind} events behind ${name}` : `${name} does not answer`;
	}

	#lookIn(ms: number): void {
		this.#alarm.ringIn(ms * (0.75 + Math.random() / 2));
	}

	async #probe(): Promise<void> {
		const { position } = this.#host;
		let asking = this.#questions.take();
		try {
			const newest = await within(TIMEOUT_MS, this.#engine.newest(), "The answer");
			this.#refusal = undefined;
			this.#host.onAnswer(newest);
			if (position === undefined) {
				// The log is not open yet: there is nothing to compare.
				for (const answer of asking) answer();
				asking = [];
			} else if (position.epoch === this.#host.position?.epoch && this.#compare(newest, position)) {
				this.#questions.answerAt(newest, asking, this.#host);
				asking = [];
			}
			if (performance.now() - this.#tidiedAt > TIDY_MS) {
				this.#tidiedAt = performance.now();
				await within(TIMEOUT_MS, Promise.resolve(this.#engine.tidy?.()), "Tidying");
			}
		} catch (error) {
			// Appends report their own errors. Here only the proof is missing.
			this.#refusal = failed(this.#engine, error).message;
		}
		void this.#tryAppending();
		this.#questions.add(asking);
		this.#lookIn(INTERVAL_MS);
	}

	/** @param asked the tail's position when the question was asked. @returns whether the followed log is the current one */
	#compare(newest: Position, asked: Position): boolean {
		const { name } = this.#engine;
		const isLost =
			newest.sequence < asked.sequence ||
			!this.#isKnownAs(newest) ||
			!this.#isKnownAs(this.#awaited?.newest ?? newest);
		const isOther = newest.epoch !== asked.epoch;
		if (isOther || isLost) {
			const why = isOther
				? `The log in ${name} has been recreated`
				: `${name} has lost events that it had`;
			this.#host.onAstray(new Error(why));
		} else if (this.#host.isFollowed) this.#expect(newest);
		return !isOther && !isLost;
	}

	/** Whether the position can belong to the followed log: it matches what has arrived, or has yet to arrive. */
	#isKnownAs({ sequence, tag }: Position): boolean {
		return (this.#host.tagAt(sequence) ?? tag) === tag;
	}

	/** Expects everything up to `newest` to arrive. */
	#expect(newest: Position): void {
		const { sequence = 0 } = this.#host.position ?? {};
		this.#newest = newest.sequence;
		const now = performance.now();
		const awaited = this.#awaited ?? { newest, reached: sequence, since: now };
		if (sequence >= newest.sequence) this.#prove();
		else if (sequence > awaited.reached) {
			this.#awaited = { ...awaited, reached: sequence, since: now };
		} else if (now - awaited.since >= this.#stalledMs) {
			this.#stalledMs = Math.min(this.#stalledMs * 2, STALLED_MS * 16);
			this.#host.onAstray(new Error(`${this.#engine.name} does not deliver what it has`));
		} else this.#awaited = awaited;
	}

	#prove(): void {
		this.#awaited = undefined;
		this.#stalledMs = STALLED_MS;
		this.#provenAt = performance.now();
		this.#host.onProven();
	}

	#refusedFor(ms: number): Refusal | undefined {
		const { refusal } = this.#host.writer ?? {};
		return refusal !== undefined && performance.now() - refusal.since >= ms ? refusal : undefined;
	}

	/** A refused append may itself be the cause; and without appends, nothing would show that the engine stores again. */
	async #tryAppending(): Promise<void> {
		if (this.#isTrying || this.#refusedFor(REFUSED_MS) === undefined) return;
		this.#isTrying = true;
		// The writer records the outcome in `refusal`.
		await this.#host.writer?.appendNothing().catch(() => {});
		this.#isTrying = false;
	}
}
