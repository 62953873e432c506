/**
 * A connection: the state of one event stream. It is open, then closed, once, for one reason; the order
 * in which frames are enqueued is their order on the wire.
 */
import { builtin } from "../checks/builtin.js";
import { connectionClosed, isSSEError } from "../checks/errors.js";
import { DISTURBED } from "../pacing/heartbeat.js";
import type { Sink, SinkListener } from "../sink/sink.js";
import type { DisconnectInfo } from "../types/callbacks.js";
import type { Membership } from "../types/client.js";
import type { CloseReason, PipeOptions, PipeSource, SSEConnection } from "../types/connection.js";
import type { ResumeOutcome } from "../types/history.js";
import type { OwnHeaders, SSEHeaders } from "../types/http.js";
import type { SendOptions } from "../types/message.js";
import { ownIdOf } from "../wire/cursor.js";
import type { Frame } from "../wire/frame.js";
import { BoundedOutbox } from "./bounded-outbox.js";
import type { ConnectionHost, ConnectionOwner } from "./connection-host.js";
import type { Goal, Replayed, Starting } from "./feed.js";
import { pipe } from "./pipe.js";
import { type ShownConnection, shownOf } from "./shown.js";

const NO_GROUPS: ReadonlySet<string> = new Set();
const NO_GOALS: readonly Goal[] = [];

export class Connection
	extends BoundedOutbox<ConnectionHost<Connection>>
	implements SSEConnection, SinkListener, Replayed
{
	// Fields that each frame reads come first, so that a fan-out touches less memory.
	/** Managed by the heartbeat, except for the reset at each frame. */
	quietRounds = DISTURBED;
	#closeReason: CloseReason | undefined;
	readonly clientId: string;
	stalledRounds = 0;
	heartbeatSlot = 0;
	heartbeatIndex = 0;
	/** The application's callback for the end of this connection; the service runs it. */
	readonly onDisconnectCb: ((info: DisconnectInfo) => unknown) | undefined;
	/** The names of its groups. Only the registry changes them. */
	memberships: ReadonlySet<string> = NO_GROUPS;
	/** Its number among all connections of the registry, in the order of opening. */
	order = 0;
	/** Its client's membership in its first group, if any, for its callbacks. Set by the registry. */
	home: Membership | undefined;
	/** The app that opened it, if any. */
	owner: ConnectionOwner<Connection> | undefined;
	/** What its feeds lead to, in their order. Kept for the catch-up. */
	goals: readonly Goal[] = NO_GOALS;
	/** Set by the catch-up until its replay starts. */
	starting: Starting | undefined;
	#isResumed = false;
	/** Whether the sink was opened and has not closed yet. */
	#sinkOpen = false;
	#abort: AbortController | undefined;
	#deadline: ReturnType<typeof setTimeout> | undefined;

	constructor(
		host: ConnectionHost<Connection>,
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
			// Many pipes can run on a connection at once, and each adds a listener.
			builtin("node:events")?.setMaxListeners(0, this.#abort.signal);
			if (this.#closeReason !== undefined) this.#tellSignal();
		}
		return this.#abort.signal;
	}

	/** Sends the headers and the opening bytes. @throws like the sink, with nothing written */
	open(own: OwnHeaders, headers: SSEHeaders = {}, opening: Frame): void {
		this.sink.open(own, headers, opening, this);
		this.#sinkOpen = true;
		if (!this.sink.headersOnly) this.host.diagnostics.wrote(opening.byteLength);
	}

	get resumed(): boolean {
		// Starting the replay now would leave out the groups that it has yet to join in this tick.
		return (this.closed ? undefined : this.starting?.isKept()) ?? this.#isResumed;
	}

	/** Call with whether the client has received, or is receiving, everything that it missed. */
	onResuming(isResumed: boolean): void {
		this.#isResumed = isResumed;
	}

	onResumed(outcome: ResumeOutcome): void {
		this.host.diagnostics.resumed(this, outcome);
	}

	toJSON(): ShownConnection {
		return shownOf(this);
	}

	/** For `console.log` of Node, Deno and Bun. See https://nodejs.org/api/util.html#utilinspectcustom */
	[Symbol.for("nodejs.util.inspect.custom")](): ShownConnection {
		return shownOf(this);
	}

	send(data: unknown, options?: SendOptions): number {
		return this.enqueue(this.host.encode(data, options)) ? 1 : 0;
	}

	/** Queues a frame for the end of this tick. @returns whether it was accepted */
	enqueue(frame: Frame): boolean {
		// The application may have ended the response itself. The signal aborts once the current fan-out is over.
		if (this.sink.ended && this.#end("server")) queueMicrotask(() => this.#tellSignal());
		if (this.closed || !this.add(frame)) return false;
		if (frame.kind === "logged" || !this.host.hasHistory) this.quietRounds = DISTURBED;
		else this.starting?.onSent(frame);
		if (frame.kind !== "control") this.host.diagnostics.delivered(1);
		return true;
	}

	pipe<Item>(source: PipeSource<Item>, options: PipeOptions<Item> = {}): Promise<number> {
		return pipe(this, this.host, source, options);
	}

	/** @param farewell its last bytes @returns false if it was already closed */
	close(reason: CloseReason = "server", farewell?: Frame): boolean {
		const isEnded = this.#end(reason, farewell);
		if (isEnded) this.#tellSignal();
		return isEnded;
	}

	fail(error: unknown): void {
		if (this.#end("error", undefined, error)) this.#tellSignal();
		// A handler that the signal stopped after its client had left has not failed.
		else if (isSSEError(error) && error.code === "ERR_SSE_CONNECTION_CLOSED") return;
		this.host.onError(error, "handler");
	}

	/** Does everything that `close` does, except aborting the signal. */
	#end(reason: CloseReason, farewell?: Frame, error?: unknown): boolean {
		if (!this.#leave(reason, error)) return false;
		if (this.#sinkOpen) {
			// A client that does not read the rest would hold the socket forever.
			this.#deadline = setTimeout(() => this.sink.destroy(), this.host.options.closeTimeoutMs);
			this.#deadline.unref();
			this.flushAll(farewell);
			try {
				// The client should reconnect to another process. On a kept-alive connection it would return here.
				const isElsewhere = reason === "shutdown" || reason === "age";
				this.sink.end(isElsewhere ? "connection" : "stream");
			} catch (error) {
				this.onFailure("error", error);
			}
		}
		this.clear();
		return true;
	}

	/** May run within a fan-out, so callbacks and the signal wait until it is over. */
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
			// Only middleware that wraps the response throws. A fan-out must continue with the other connections.
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

	/** The only transition from open to closed. @returns false if it was already closed */
	#leave(reason: CloseReason, error?: unknown): boolean {
		if (this.#closeReason !== undefined) return false;
		this.#closeReason = reason;
		this.host.onClosed(this, reason, error);
		return true;
	}

	#tellSignal(): void {
		// Most connections end without a listener, and creating the error costs more than the rest of closing.
		if (this.#abort !== undefined) this.#abort.abort(connectionClosed(this.#closeReason));
	}
}
