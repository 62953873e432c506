/**
 * Writes frames to the sink of one connection, in order. A large frame is written in pieces, as the sink accepts them.
 */
import type { Diagnostics } from "../diagnostics/diagnostics.js";
import type { Sink, SinkState } from "../sink/sink.js";
import type { Frame } from "../wire/frame.js";
import { Trail } from "./trail.js";

/** The service's part in every writer. */
export interface WriterShared {
	readonly diagnostics: Diagnostics;
}

// Backlogs and large frames are written in pieces of this size. A sink that copies its input, like TLS, then holds one piece at
// a time, however much waits. A pipe writes as soon as it has this much.
export const WRITE_BYTES = 64 * 1024;

// Joined frames exceed a piece by a part of the last one. Written apart, that would wait until the sink accepts more.
const WHOLE_BYTES = WRITE_BYTES * 1.25;

export abstract class SinkWriter<Shared extends WriterShared = WriterShared> extends Trail {
	readonly host: Shared;
	protected readonly sink: Sink;
	/** The state after the last write. Also `"full"` during a write, so that nothing overtakes it. */
	#state: SinkState = "held";
	/** A large frame that is partly written, and the number of bytes written. */
	#started: Frame | undefined;
	#end = 0;
	/** Total bytes written to the sink. */
	protected givenBytes = 0;
	/** How many of them the sink had passed on at the last check. */
	#passedBytes = 0;

	constructor(host: Shared, sink: Sink) {
		super();
		this.host = host;
		this.sink = sink;
	}

	/** Called when all that was begun has been written, and the sink accepts more. */
	protected abstract onTaken(): void;

	/** Called when more can be written again. */
	protected abstract onWritable(): void;

	/** Called on failure: `slow` if the client does not read, `error` if the sink or a feed threw. */
	abstract onFailure(reason: "slow" | "error", error?: unknown): void;

	/** Whether the sink accepts no more for now. */
	protected get isFull(): boolean {
		return this.#state === "full";
	}

	/** Whether the sink held nothing after the last write. */
	protected get isTaken(): boolean {
		return this.#state === "taken";
	}

	/** Unwritten bytes of a partly written frame. */
	protected get startedBytes(): number {
		return this.#started === undefined ? 0 : this.#started.byteLength - this.#end;
	}

	/** Whether the sink holds data and has passed on none of it since the last call. */
	isStalled(): boolean {
		const bufferedBytes = this.sink.passOn();
		const before = this.#passedBytes;
		this.#passedBytes = this.givenBytes - bufferedBytes;
		return bufferedBytes > 0 && this.#passedBytes <= before;
	}

	/** See `Sink`. */
	probe(idleMs: number): void {
		this.sink.probe(idleMs);
	}

	/** Call when the sink accepts more again. */
	onDrain(): void {
		if (!this.isFull) return;
		this.#state = "held";
		this.writeStarted();
		if (this.isFull) return;
		this.onTaken();
		this.onWritable();
	}

	/** @param pieceBytes `Infinity`: everything at once, even if the sink has to hold it */
	protected write(frame: Frame, pieceBytes = WRITE_BYTES): void {
		if (frame.byteLength <= Math.max(pieceBytes, WHOLE_BYTES)) {
			this.#give(frame, 0, frame.byteLength);
		} else {
			this.#started = frame;
			this.#end = 0;
			this.writeStarted(pieceBytes);
		}
	}

	/** Continues a partly written frame. */
	protected writeStarted(pieceBytes = WRITE_BYTES): void {
		while (this.#started !== undefined && (pieceBytes === Infinity || !this.isFull)) {
			const frame = this.#started;
			const from = this.#end;
			this.#end = Math.min(from + pieceBytes, frame.byteLength);
			if (this.#end === frame.byteLength) this.#started = undefined;
			this.#give(frame, from, this.#end);
		}
	}

	/** Stops all further writes. */
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
