/**
 * A connection: the state of one event stream. It is open, then closed, once, for one reason; the order
 * in which frames are enqueued is their order on the wire.
 */
import { builtin } from "../checks/builtin.js";
import { connectionClosed, isSSEError } from "../checks/errors.js";
import { DISTURBED } from "../pacing/heartbeat.js";
import type { Sink, SinkListener } from "../sink/sink.js";
import type { DisconnectInfo, ErrorStage } from "../types/callbacks.js";
import type { Membership } from "../types/client.js";
import type { CloseReason, PipeOptions, PipeSource, SSEConnection } from "../types/connection.js";
import type { ResumeOutcome } from "../types/history.js";
import type { OwnHeaders, SSEHeaders } from "../types/http.js";
import type { SendOptions } from "../types/message.js";
import { ownIdOf } from "../wire/cursor.js";
import type { Frame } from "../wire/frame.js";
import { BoundedOutbox, type BoundedOutboxShared } from "./bounded-outbox.js";
import type { Replayed } from "./feed.js";
import { pipe } from "./pipe.js";

/** What a connection needs from the service it belongs to. */
export interface ConnectionHost extends BoundedOutboxShared {
	readonly options: BoundedOutboxShared["options"] & { readonly closeTimeoutMs: number };
	/** Whether connections have to be told where they are: only what is logged does that, and heartbeats. */
	readonly hasHistory: boolean;
	/** Check and encode one event. */
	encode(data: unknown, options: SendOptions | undefined): Frame;
	/** The connection is closed: called once, before its last bytes have left. */
	onClosed(connection: Connection, reason: CloseReason, error: unknown): void;
	/** The sink has closed: called once, last of all, when `open` has succeeded. */
	onGone(): void;
	onError(error: unknown, stage: ErrorStage): void;
}

/** Who opened a connection, and is told when its response has closed. */
export interface ConnectionOwner {
	onGone(connection: Connection): void;
}

const NO_GROUPS: ReadonlySet<string> = new Set();

export class Connection
	extends BoundedOutbox<ConnectionHost>
	implements SSEConnection, SinkListener, Replayed
{
	// What each frame looks at comes first, so that a fan-out looks at less memory.
	/** The heartbeat's, but for the reset at each frame. */
	quietRounds = DISTURBED;
	#closeReason: CloseReason | undefined;
	readonly clientId: string;
	stalledRounds = 0;
	heartbeatSlot = 0;
	heartbeatIndex = 0;
	/** The application's callback for the end of this connection; the service runs it. */
	readonly onDisconnectCb: ((info: DisconnectInfo) => unknown) | undefined;
	/** The names of the groups it is in: the registry's, which alone changes them. */
	memberships: ReadonlySet<string> = NO_GROUPS;
	/** Its client in the first group that it was connected to, if any: what its callbacks are given. The registry's. */
	home: Membership | undefined;
	/** The app that opened it, if one did. */
	owner: ConnectionOwner | undefined;
	#isResumed = false;
	/** Whether the sink was opened and has not closed yet. */
	#sinkOpen = false;
	#abort: AbortController | undefined;
	#deadline: ReturnType<typeof setTimeout> | undefined;

	constructor(
		host: ConnectionHost,
		sink: Sink,
		clientId: string,
		onDisconnectCb?: (info: DisconnectInfo) => unknown,
	) {
		super(host, sink);
		this.clientId = clientId;
		this.onDisconnectCb = onDisconnectCb;
	}

	get response(): SSEConnection["response"] {
		return this.sink.response as SSEConnection["response"];
	}

	get groups(): readonly string[] {
		return [...this.memberships];
	}

	get lastEventId(): string | undefined {
		return this.sink.lastEventId;
	}

	get lastOwnId(): string | undefined {
		return this.host.hasHistory ? ownIdOf(this.lastEventId) : this.lastEventId;
	}

	get closed(): boolean {
		return this.#closeReason !== undefined;
	}

	get closeReason(): CloseReason | undefined {
		return this.#closeReason;
	}

	override get bufferedBytes(): number {
		return this.#sinkOpen ? super.bufferedBytes : 0;
	}

	get signal(): AbortSignal {
		if (this.#abort === undefined) {
			this.#abort = new AbortController();
			// A connection may feed many pipes at once, each of which listens.
			builtin("node:events")?.setMaxListeners(0, this.#abort.signal);
			if (this.#closeReason !== undefined) this.#tellSignal();
		}
		return this.#abort.signal;
	}

	/** Send the headers and the opening bytes. @throws as the sink does, with nothing written */
	open(own: OwnHeaders, headers: SSEHeaders = {}, opening: Frame): void {
		this.sink.open(own, headers, opening, this);
		this.#sinkOpen = true;
		if (!this.sink.headersOnly) this.host.diagnostics.wrote(opening.byteLength);
	}

	get resumed(): boolean {
		// A replay that has not begun is not waited for.
		this.advance();
		return this.#isResumed;
	}

	/** Its client came back, and has had, or is being given, all that it missed; or that turns out not to be so. */
	onResuming(isResumed: boolean): void {
		this.#isResumed = isResumed;
	}

	onResumed(outcome: ResumeOutcome): void {
		this.host.diagnostics.resumed(this, outcome);
	}

	send(data: unknown, options?: SendOptions): number {
		return this.enqueue(this.host.encode(data, options)) ? 1 : 0;
	}

	/** Have a frame written at the end of this turn. @returns whether it was taken */
	enqueue(frame: Frame): boolean {
		// The application may have ended the response itself. Its signal is told when a fan-out is over.
		if (this.sink.ended && this.#end("server")) queueMicrotask(() => this.#tellSignal());
		if (this.closed || !this.add(frame)) return false;
		if (frame.kind === "logged" || !this.host.hasHistory) this.quietRounds = DISTURBED;
		if (frame.kind !== "control") this.host.diagnostics.delivered();
		return true;
	}

	pipe<Item>(source: PipeSource<Item>, options: PipeOptions<Item> = {}): Promise<number> {
		return pipe(this, this.host, source, options);
	}

	/** @param farewell its last bytes @returns false when it was closed already */
	close(reason: CloseReason = "server", farewell?: Frame): boolean {
		const isEnded = this.#end(reason, farewell);
		if (isEnded) this.#tellSignal();
		return isEnded;
	}

	fail(error: unknown): void {
		if (this.#end("error", undefined, error)) this.#tellSignal();
		// A handler that was stopped by the signal, once its client had left, has not failed.
		else if (isSSEError(error) && error.code === "ERR_SSE_CONNECTION_CLOSED") return;
		this.host.onError(error, "handler");
	}

	/** All of `close` but that the signal is told. */
	#end(reason: CloseReason, farewell?: Frame, error?: unknown): boolean {
		if (!this.#leave(reason, error)) return false;
		if (this.#sinkOpen) {
			// A client that does not read what is left would keep the socket for ever.
			this.#deadline = setTimeout(() => this.sink.destroy(), this.host.options.closeTimeoutMs);
			this.#deadline.unref();
			this.flushAll(farewell);
			try {
				// The client is to come back elsewhere: by a connection that it kept it would come here.
				const isElsewhere = reason === "shutdown" || reason === "age";
				this.sink.end(isElsewhere ? "connection" : "stream");
			} catch (error) {
				this.onFailure("error", error);
			}
		}
		this.clear();
		return true;
	}

	/** This may be within a fan-out: nobody is told before it is over. */
	override onFailure(reason: "slow" | "error", error?: unknown): void {
		const left = this.#leave(reason, error);
		this.clear();
		queueMicrotask(() => {
			if (reason === "error") this.host.onError(error, "write");
			if (left) this.#tellSignal();
		});
		try {
			this.sink.destroy();
		} catch {
			// Only middleware that wraps it throws, and a fan-out goes on to the others.
		}
	}

	onClose(ended: boolean): void {
		this.#sinkOpen = false;
		clearTimeout(this.#deadline);
		const isOver = this.#leave(ended ? "server" : "client");
		this.clear();
		if (isOver) this.#tellSignal();
		this.host.onGone();
		this.owner?.onGone(this);
	}

	/** The one transition from open to closed. @returns false when it was closed already */
	#leave(reason: CloseReason, error?: unknown): boolean {
		if (this.#closeReason !== undefined) return false;
		this.#closeReason = reason;
		this.host.onClosed(this, reason, error);
		return true;
	}

	#tellSignal(): void {
		// Most connections end without anybody listening, and an error costs more than all else about that.
		if (this.#abort !== undefined) this.#abort.abort(connectionClosed(this.#closeReason));
	}
}
