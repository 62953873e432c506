/**
 * The event log on an engine: every process appends to the engine, follows its log, and delivers what arrives, its own
 * events included. So all processes deliver in the same order.
 */
import { SSEError } from "../checks/errors.js";
import type {
	Appended,
	EventLog,
	LogHost,
	LogReader,
	LogStats,
	Page,
	ReadFailure,
	SharedLog,
} from "../event-log/event-log.js";
import type { LogEntry, LogRecord } from "../event-log/record.js";
import { type RetentionRules, readRetention } from "../event-log/retention.js";
import { within } from "../pacing/timeout.js";
import type { Position } from "../wire/cursor.js";
import { orFailed } from "./append-queue.js";
import { deliverArrival } from "./arrivals.js";
import { EngineClock } from "./engine-clock.js";
import { EngineReader } from "./engine-reader.js";
import { HealthProbe, type HealthProbeHost } from "./health-probe.js";
import type { LocalCopy } from "./local-copy.js";
import { continues, fillLocalCopy } from "./local-copy-fill.js";
import type { LogEngine, Newest, Stored } from "./log-engine.js";
import { LogWriter } from "./log-writer.js";
import { Outage } from "./outage.js";
import { Tail, type TailHost } from "./tail.js";

// How long a client that is ahead of this process waits for the process to catch up.
const MAX_LAG_MS = 10_000;
// How long closing waits for appends on their way to the engine.
const CLOSE_TIMEOUT_MS = 5_000;

/** Creates an event log on an engine, for one service. */
export function createEngineEventLog(engine: LogEngine): EventLog {
	return new EngineEventLog(engine);
}

class EngineEventLog implements EventLog, TailHost, HealthProbeHost {
	readonly shared: SharedLog;
	/** Set once the log is open. */
	writer: LogWriter | undefined;
	readonly #engine: LogEngine;
	readonly #tail: Tail;
	readonly #watch: HealthProbe;
	readonly #archive: EngineReader;
	readonly #outage: Outage;
	readonly #clock = new EngineClock();
	#rules: RetentionRules = readRetention(true);
	#host: LogHost | undefined;
	#mirror: LocalCopy | undefined;
	#onBegun: (position: Position) => void = () => {};
	#isClosed = false;

	constructor(engine: LogEngine) {
		this.#engine = engine;
		this.#outage = new Outage(engine, (error) => this.#isClosed || this.#host?.onOutage?.(error));
		this.#tail = new Tail(engine, this);
		this.#watch = new HealthProbe(engine, this);
		this.#archive = new EngineReader(engine, {
			back: (error) => this.#back(error),
			current: () => this.shared.current(),
			now: () => this.#clock.now(),
			skip: (...range) => this.#mirror?.skip(...range) ?? range[0],
		});
		this.shared = {
			maxLagMs: MAX_LAG_MS,
			tell: (command) => this.#write((writer) => writer.tell(command)),
			health: () => this.#watch.health(),
			now: () => this.#clock.now(),
			current: () => within(MAX_LAG_MS, this.#watch.current()).catch(() => {}),
			post: (...post) => orFailed(engine, engine.post(...post)),
			posted: () => orFailed(engine, engine.posted()),
		};
	}

	get position(): Position | undefined {
		return this.#mirror?.position;
	}

	open(host: LogHost): Promise<Position> {
		if (this.#host !== undefined) {
			throw new SSEError("ERR_SSE_INVALID_OPTION", "An event log serves one service");
		}
		this.#rules = readRetention(host.history);
		this.#host = host;
		this.writer = new LogWriter(this.#engine, this.#rules, host.appendTimeoutMs);
		this.#watch.start();
		void this.#tail.run();
		return new Promise((resolve) => {
			this.#onBegun = resolve;
		});
	}

	append(entry: LogEntry): Promise<Appended> {
		return this.#write((writer) => writer.append(entry));
	}

	readAfter(
		after: Position | undefined,
		upTo: Position,
		reader: LogReader,
	): Page | ReadFailure | Promise<Page | ReadFailure> {
		if (this.#mirror === undefined || this.#isClosed) return "expired";
		const page = this.#mirror.readAfter(after, upTo, reader);
		if (page === "older") return after ? this.#archive.readAfter(after, upTo, reader) : "expired";
		return page === "diverged" ? this.#archive.prove(page) : page;
	}

	readLatest(reader: LogReader): readonly LogRecord[] {
		return this.#mirror?.readLatest(reader) ?? [];
	}

	keepsLatest(group: string): boolean {
		return this.#rules.ofGroups.get(group)?.latest === true;
	}

	stats(): LogStats {
		return this.#mirror?.stats() ?? { events: 0, bytes: 0 };
	}

	/** Waits until earlier appends are stored, unless the engine is unavailable. */
	async close(): Promise<void> {
		if (this.#isClosed) return;
		this.#isClosed = true;
		// Appends without a time limit must not delay closing forever.
		await within(CLOSE_TIMEOUT_MS, this.writer?.idle() ?? Promise.resolve()).catch(() => {});
		this.#watch.stop();
		this.#tail.stop();
		this.#outage.end();
		await this.#engine.close();
		this.#mirror = undefined;
	}

	// Called by the tail.

	async begin(newest: Newest, signal: AbortSignal): Promise<void> {
		this.#clock.see(newest.now);
		const before = this.position;
		const goesOn = before !== undefined && (await continues(this.#engine, before, newest));
		const mirror = goesOn ? this.#mirror : await this.#fillLocalCopy(newest, before);
		if (signal.aborted) return;
		this.#mirror = mirror;
		if (before === undefined) {
			this.#onBegun(newest);
			this.writer?.release();
		} else if (!goesOn) this.#host?.onBreak(before);
	}

	onFollowed(newest: Position): void {
		this.#watch.onFollowed(newest);
	}

	take(stored: Stored): boolean {
		this.#clock.seeDate(stored.at);
		if (this.#mirror === undefined || this.writer === undefined || this.#host === undefined) {
			return false;
		}
		const following = { copy: this.#mirror, writer: this.writer, host: this.#host };
		const isNext = deliverArrival(stored, following);
		if (isNext) this.#watch.onArrived(stored.sequence);
		return isNext;
	}

	onWarning(message: string): void {
		const warning = this.#outage.onWarning(message);
		if (warning !== undefined) this.#host?.onError(warning);
	}

	onFailure(cause: unknown): void {
		const { error, isNew } = this.#outage.onFailure(cause);
		this.#watch.onFailure(error);
		this.writer?.refuseHeld(error);
		if (isNew) this.#host?.onError(error);
	}

	// Called by the health probe.

	get isFollowed(): boolean {
		return this.#tail.isFollowed;
	}

	tagAt(sequence: number): string | undefined {
		return this.#mirror?.tagAt(sequence);
	}

	onAnswer({ epoch, now }: Newest): void {
		this.#clock.see(now);
		if (this.position?.epoch === epoch) this.writer?.forgetLost(this.position);
	}

	onProven(): void {
		this.#tail.onProven();
		this.#outage.end();
	}

	onAstray(reason: Error): void {
		this.#tail.restart(reason);
	}

	#fillLocalCopy(newest: Position, before: Position | undefined): Promise<LocalCopy> {
		const host = { rules: this.#rules, before, clock: this.#clock };
		return fillLocalCopy(this.#engine, newest, host);
	}

	#write<At extends Position>(append: (writer: LogWriter) => Promise<At>): Promise<At> {
		if (this.#isClosed || this.writer === undefined) {
			const message = "The service is closed";
			return Promise.reject(new SSEError("ERR_SSE_SERVICE_CLOSED", message, 503));
		}
		return append(this.writer).then((at) => {
			// The append went to another log, or to this log after it was recreated.
			if (this.position !== undefined && at.epoch !== this.position.epoch) this.#watch.look();
			return at;
		});
	}

	/** Resolves when the log is followed again. */
	async #back(error: unknown): Promise<void> {
		if (this.#isClosed) throw error;
		this.#watch.look();
		await this.#outage.over();
		if (this.#isClosed) throw error;
	}
}
