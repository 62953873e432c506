/**
 * What writes frames to the sink of one connection, each after the one before it. A large frame goes in pieces, as the sink
 * takes them.
 */
import type { Diagnostics } from "../diagnostics/diagnostics.js";
import type { Sink, SinkState } from "../sink/sink.js";
import type { Frame } from "../wire/frame.js";
import { Trail } from "./trail.js";

/** The service's part in every writer. */
export interface WriterShared {
	readonly diagnostics: Diagnostics;
}

// What has waited is written in pieces of this size, and so is a larger frame: a sink that copies what it is given, as TLS
// does, then holds one of them, whatever waits. A pipe writes when it has this much.
export const WRITE_BYTES = 64 * 1024;

export abstract class SinkWriter<Shared extends WriterShared = WriterShared> extends Trail {
	protected readonly host: Shared;
	protected readonly sink: Sink;
	/** After the last write. `"full"` during one, too: nothing may overtake it. */
	#state: SinkState = "held";
	/** A large frame of which the sink has not had all yet, and how much it has had. */
	#started: Frame | undefined;
	#end = 0;
	/** Bytes that the sink was given in all. */
	protected givenBytes = 0;
	/** How many of them it had passed on when that was last looked at. */
	#passedBytes = 0;

	constructor(host: Shared, sink: Sink) {
		super();
		this.host = host;
		this.sink = sink;
	}

	/** The sink has taken what it was given. */
	protected abstract onTaken(): void;

	/** More can be written again. */
	protected abstract onWritable(): void;

	/** It cannot go on: `slow` when its client does not read, `error` when the sink or a feed threw. */
	abstract onFailure(reason: "slow" | "error", error?: unknown): void;

	/** The sink takes no more for now. */
	protected get isFull(): boolean {
		return this.#state === "full";
	}

	/** The sink held nothing after the last write. */
	protected get isTaken(): boolean {
		return this.#state === "taken";
	}

	/** Bytes of a large frame that the sink has not had yet. */
	protected get startedBytes(): number {
		return this.#started === undefined ? 0 : this.#started.byteLength - this.#end;
	}

	/** Whether the sink holds something, and has passed on nothing since the last call. */
	isStalled(): boolean {
		const { bufferedBytes } = this.sink;
		const before = this.#passedBytes;
		this.#passedBytes = this.givenBytes - bufferedBytes;
		return bufferedBytes > 0 && this.#passedBytes <= before;
	}

	/** The sink takes more again. */
	onDrain(): void {
		if (!this.isFull) return;
		this.#state = "held";
		this.writeStarted();
		if (this.isFull) return;
		this.onTaken();
		this.onWritable();
	}

	/** @param pieceBytes `Infinity`: all of it, whether the sink takes it now or holds it */
	protected write(frame: Frame, pieceBytes = WRITE_BYTES): void {
		if (frame.byteLength <= pieceBytes) {
			this.#give(frame, 0, frame.byteLength);
		} else {
			this.#started = frame;
			this.#end = 0;
			this.writeStarted(pieceBytes);
		}
	}

	/** Go on with a large frame. */
	protected writeStarted(pieceBytes = WRITE_BYTES): void {
		while (this.#started !== undefined && (pieceBytes === Infinity || !this.isFull)) {
			const frame = this.#started;
			const from = this.#end;
			this.#end = Math.min(from + pieceBytes, frame.byteLength);
			if (this.#end === frame.byteLength) this.#started = undefined;
			this.#give(frame, from, this.#end);
		}
	}

	/** Nothing is written from now on. */
	protected stopWriting(): void {
		this.#state = "held";
		this.#started = undefined;
	}

	#give(frame: Frame, from: number, to: number): void {
		this.host.diagnostics.wrote(to - from);
		this.givenBytes += to - from;
		this.#state = "full";
		try {
			this.#state = this.sink.write(frame, from, to);
			if (!this.isFull && this.#started === undefined) this.onTaken();
		} catch (error) {
			this.onFailure("error", error);
		}
	}
}
