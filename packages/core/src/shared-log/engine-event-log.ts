/**
 * The event log on an engine: every process appends to the engine, follows its log, and delivers what arrives, its own
 * events included. So all processes deliver in the same order.
 */
import { logClosed, logTaken } from "../checks/errors.js";
import type {
	Appended,
	Deliver,
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
import { deliverArrival, obey } from "./arrivals.js";
import { EngineClock } from "./engine-clock.js";
import { failed, orFailed } from "./engine-failure.js";
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
	readonly #probe: HealthProbe;
	readonly #reader: EngineReader;
	readonly #outage: Outage;
	readonly #clock = new EngineClock();
	#rules: RetentionRules = readRetention(true);
	#host: LogHost | undefined;
	#copy: LocalCopy | undefined;
	#onOpen: (position: Position) => void = () => {};
	#isClosed = false;

	constructor(engine: LogEngine) {
		this.#engine = engine;
		this.#outage = new Outage(engine, (error) => this.#isClosed || this.#host?.onOutage?.(error));
		this.#tail = new Tail(engine, this);
		this.#probe = new HealthProbe(engine, this);
		this.#reader = new EngineReader(engine, {
			back: (...failed) => this.#back(...failed),
			current: () => this.shared.current(),
			onFailure: (error) => this.#host?.onError(failed(engine, error)),
			now: () => this.#clock.now(),
			skip: (...range) => this.#copy?.skip(...range) ?? range[0],
		});
		this.shared = {
			maxLagMs: MAX_LAG_MS,
			tell: (command) => this.#write((writer) => writer.tell(command)),
			health: () => this.#probe.health(),
			now: () => this.#clock.now(),
			had: (position) => this.#copy?.hadAt(position) === true,
			current: () => within(MAX_LAG_MS, this.#probe.current()).catch(() => {}),
			post: (...post) => orFailed(engine, engine.post(...post)),
			posted: () => orFailed(engine, engine.posted()),
		};
	}

	get position(): Position | undefined {
		return this.#copy?.position;
	}

	open(host: LogHost): Promise<Position> {
		if (this.#host !== undefined) throw logTaken();
		this.#rules = readRetention(host.history);
		this.#host = host;
		this.writer = new LogWriter(this.#rules, this.#engine, host.appendTimeoutMs, (at) => {
			// The append went to another log, or to this log after it was recreated.
			if (this.position !== undefined && at.epoch !== this.position.epoch) this.#probe.look();
		});
		this.#probe.start();
		void this.#tail.run();
		return new Promise((resolve) => {
			this.#onOpen = resolve;
		});
	}

	append(entry: LogEntry, deliver?: Deliver): Promise<Appended> {
		return this.#write((writer) => writer.append(entry, deliver));
	}

	readAfter(
		after: Position | undefined,
		upTo: Position,
		reader: LogReader,
	): Page | ReadFailure | Promise<Page | ReadFailure> {
		if (this.#copy === undefined || this.#isClosed) return "expired";
		const page = this.#copy.readAfter(after, upTo, reader);
		if (page === "diverged") return this.#reader.prove(page);
		if (page !== "older") return page;
		// The engine may have what it began without, and that must not end again where the copy does.
		reader.forgone = undefined;
		return after ? this.#reader.readAfter(after, upTo, reader) : "expired";
	}

	readLatest(reader: LogReader): readonly LogRecord[] {
		return this.#copy?.readLatest(reader) ?? [];
	}

	keepsLatest(group: string): boolean {
		return this.#rules.ofGroups.for(group)?.latest === true;
	}

	stats(): LogStats {
		const { events, bytes } = this.#copy?.stats() ?? { events: 0, bytes: 0 };
		return { events, bytes: bytes + this.#reader.bytes };
	}

	/** Waits until earlier appends are stored, unless the engine is unavailable. */
	async close(): Promise<void> {
		if (this.#isClosed) return;
		this.#isClosed = true;
		// Appends without a time limit must not delay closing forever.
		await within(CLOSE_TIMEOUT_MS, this.writer?.idle() ?? Promise.resolve()).catch(() => {});
		this.#probe.stop();
		this.#tail.stop();
		this.#outage.end();
		await this.#engine.close();
		this.#copy = undefined;
	}

	// Called by the tail.

	async begin(newest: Newest, signal: AbortSignal): Promise<void> {
		this.#clock.see(newest.now);
		const former = this.#copy;
		if (former && (await continues(this.#engine, former.position, newest))) return;
		const filling = { rules: this.#rules, former, clock: this.#clock };
		const { copy, commands } = await fillLocalCopy(this.#engine, newest, filling);
		if (signal.aborted || this.#host === undefined || this.writer === undefined) return;
		this.#copy = copy;
		this.#reader.forget();
		for (const each of commands) obey(each, this.writer, this.#host);
		if (former !== undefined) return void this.#host.onBreak(former.position);
		this.#onOpen(newest);
		this.writer.release();
	}

	onFollowed(newest: Position): void {
		this.#probe.onFollowed(newest);
	}

	take(stored: Stored): boolean {
		this.#clock.seeDate(stored.at);
		if (this.#copy === undefined || this.writer === undefined || this.#host === undefined) {
			return false;
		}
		const following = { copy: this.#copy, writer: this.writer, host: this.#host };
		const isNext = deliverArrival(stored, following);
		if (isNext) this.#probe.onArrived(stored.sequence);
		return isNext;
	}

	onWarning(message: string): void {
		const warning = this.#outage.onWarning(message);
		if (warning !== undefined) this.#host?.onError(warning);
	}

	onFailure(cause: unknown): void {
		const { error, isNew } = this.#outage.onFailure(cause);
		this.#probe.onFailure(error);
		this.writer?.refuseHeld(error);
		if (isNew) this.#host?.onError(error);
	}

	// Called by the health probe.

	get isFollowed(): boolean {
		return this.#tail.isFollowed;
	}

	tagAt(sequence: number): string | undefined {
		return this.#copy?.tagAt(sequence);
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

	#write<At>(append: (writer: LogWriter) => Promise<At>): Promise<At> {
		if (this.#isClosed || this.writer === undefined) return Promise.reject(logClosed());
		return append(this.writer);
	}

	/** Resolves when the log is followed again. */
	async #back(error: unknown, signal: AbortSignal | undefined): Promise<void> {
		if (this.#isClosed) throw error;
		this.#probe.look();
		await this.#outage.over(signal);
		if (this.#isClosed) throw error;
	}
}
