/**
 * The stream that an application holds. Passes the events of its source to listeners and iterators.
 */
import { onAbort } from "./aborts.js";
import { Connector } from "./connector.js";
import { EventQueue } from "./event-queue.js";
import { LazySource } from "./lazy-source.js";
import { checkRequest, type ResolvedOptions, refuse, resolveOptions } from "./options.js";
import { loadPosition, savePosition } from "./position-store.js";
import { readData } from "./reading.js";
import type { RawEvent, Source, SourceHost } from "./source.js";
import type { StreamError } from "./stream-error.js";
import type {
	AnyEvents,
	EventMap,
	EventStream,
	StreamEvent,
	StreamOptions,
	StreamState,
	UntypedOptions,
} from "./types.js";

type Listener<Value> = (value: Value) => unknown;

/** `openStream`, where the options say nothing of the types of events. */
export function openStream<Events extends EventMap = AnyEvents>(
	url: string | URL | (() => string | URL),
	options: UntypedOptions,
): EventStream<Events>;
/**
 * Opens an event stream that reconnects by itself, each time from its position.
 *
 * @param url anything that `fetch` accepts, or a function called for each attempt
 * @throws `ERR_SSE_INVALID_OPTION`
 * @example
 * const stream = openStream<{ tick: { price: number } }>("/events", {
 *   headers: async () => ({ authorization: `Bearer ${await token()}` }),
 *   onGap: () => reload(),
 * });
 * stream.on("tick", ({ data }) => show(data.price));
 */
export function openStream<Events extends EventMap = AnyEvents>(
	url: string | URL | (() => string | URL),
	options?: StreamOptions<Events>,
): EventStream<Events>;
export function openStream<Events extends EventMap>(
	url: string | URL | (() => string | URL),
	options: StreamOptions<Events> = {},
): EventStream<Events> {
	const resolved = resolveOptions(options as StreamOptions);
	checkRequest(url, resolved);
	return new Stream(url, resolved) as unknown as EventStream<Events>;
}

class Stream implements EventStream {
	readonly #options: ResolvedOptions;
	readonly #source: Source;
	readonly #listeners = new Map<string, Set<Listener<StreamEvent>>>();
	readonly #stateListeners = new Set<Listener<StreamState>>();
	readonly #queues = new Set<EventQueue<StreamEvent>>();
	readonly #controller = new AbortController();
	#forgetSignal: (() => void) | undefined;
	#state: StreamState = "connecting";
	#lastEventId: string | undefined;
	#error: StreamError | undefined;

	constructor(url: string | URL | (() => string | URL), options: ResolvedOptions) {
		this.#options = options;
		this.#lastEventId = loadPosition(options.name) ?? options.lastEventId ?? undefined;
		const address = typeof url === "function" ? () => String(url()) : String(url);
		const host: SourceHost = {
			onEvent: (event) => this.#onEvent(event),
			onPosition: (id) => this.#moveTo(id),
			onState: (state) => this.#setState(state),
			onError: (error) => this.#onError(error),
			onEnd: (error) => this.#end(error),
			room: () => this.#room(),
		};
		const connect = (own: SourceHost): Source => new Connector(address, options, own);
		const { shared, signal } = options;
		const name = options.name ?? (typeof address === "string" ? address : undefined);
		if (shared !== undefined && name === undefined) {
			refuse("name", "given for a shared stream whose URL is a function", name);
		}
		this.#source =
			shared === undefined || name === undefined || !canShare()
				? connect(host)
				: new LazySource(() =>
						import("./shared/shared-source.js")
							.then(
								({ SharedSource }) => new SharedSource(name, { ...options, shared }, connect, host),
							)
							// As after a deploy that removed the file: a connection of this tab's own.
							.catch(() => connect(host)),
					);
		if (signal?.aborted === true) this.close();
		else {
			if (signal !== undefined) this.#forgetSignal = onAbort(signal, this.close);
			// Deferred, so that listeners added in this tick miss nothing.
			queueMicrotask(() => {
				if (this.#state !== "closed") this.#source.start(this.#lastEventId);
			});
		}
	}

	get state(): StreamState {
		return this.#state;
	}

	get lastEventId(): string | undefined {
		return this.#lastEventId;
	}

	get error(): StreamError | undefined {
		return this.#error;
	}

	get signal(): AbortSignal {
		return this.#controller.signal;
	}

	on<Type extends string>(
		type: Type,
		listener: Listener<StreamEvent<AnyEvents, Type>>,
	): () => void {
		const listeners = this.#listeners.get(type) ?? new Set();
		this.#listeners.set(type, listeners);
		return added(listeners, listener as Listener<StreamEvent>);
	}

	onState(listener: Listener<StreamState>): () => void {
		return added(this.#stateListeners, listener);
	}

	[Symbol.asyncIterator](): EventQueue<StreamEvent> {
		const queue = new EventQueue<StreamEvent>(this.#options, () => this.#queues.delete(queue));
		if (this.#state === "closed") queue.end(this.#error);
		else this.#queues.add(queue);
		return queue;
	}

	readonly close = (): void => {
		for (const queue of this.#queues) queue.discard();
		this.#end();
	};

	/** Ends the stream: closed, ended by the server, or failed. Iterators still receive their waiting events. */
	#end(error?: StreamError): void {
		if (this.#state === "closed") return;
		this.#forgetSignal?.();
		this.#source.stop();
		this.#error = error;
		this.#setState("closed");
		if (error !== undefined) this.#call(this.#options.onError, error);
		for (const queue of this.#queues) queue.end(error);
		this.#queues.clear();
		this.#listeners.clear();
		this.#stateListeners.clear();
		this.#controller.abort(error);
	}

	#onEvent({ type, text, id }: RawEvent): void {
		if (id !== undefined) this.#moveTo(id);
		const { parse, gapEvent, onGap } = this.#options;
		const listeners = [...(this.#listeners.get(type) ?? [])];
		const isGap = type === gapEvent;
		if (!isGap && this.#queues.size === 0 && listeners.length === 0) return;
		let data: unknown;
		try {
			data = readData(isGap ? "auto" : parse, text, type);
		} catch (error) {
			this.#onError(error as StreamError);
			return;
		}
		if (isGap) this.#call(onGap, { reason: reasonOf(data), id });
		const event: StreamEvent = { type, data, id };
		for (const listener of listeners) {
			// A previous listener may have closed the stream.
			if (this.#state !== "closed") this.#call(listener, event);
		}
		const length = type.length + text.length + (id ?? "").length;
		for (const queue of this.#queues) queue.put(event, length);
	}

	#moveTo(id: string): void {
		if (this.#state === "closed") return;
		// A stream of polls works without ever being `open`. Each answer of theirs has an id. Otherwise this event may be older than
		// the error: one that a tab has kept.
		if (this.#state === "buffered") this.#error = undefined;
		if (id === this.#lastEventId) return;
		this.#lastEventId = id;
		savePosition(this.#options.name, id);
	}

	#setState(state: StreamState): void {
		if (state === this.#state || this.#state === "closed") return;
		this.#state = state;
		if (state === "open") this.#error = undefined;
		for (const listener of [...this.#stateListeners]) this.#call(listener, state);
	}

	#onError(error: StreamError): void {
		// `parse` and `isFinal` may close the stream, too.
		if (this.#state === "closed") return;
		if (error.code !== "ERR_SSE_PARSE") this.#error = error;
		this.#call(this.#options.onError, error);
	}

	#room(): Promise<void> | undefined {
		for (const queue of this.#queues) {
			const room = queue.room();
			if (room !== undefined) return room;
		}
		return undefined;
	}

	/** Runs a callback. What it throws is reported as uncaught, like an error of a DOM event listener. */
	#call<Value>(callback: Listener<Value> | undefined, value: Value): void {
		if (callback === undefined) return;
		try {
			callback(value);
		} catch (error) {
			queueMicrotask(() => {
				throw error;
			});
		}
	}
}

/** Adds a listener. @returns a function that removes it */
function added<Value>(listeners: Set<Listener<Value>>, listener: Listener<Value>): () => void {
	// A wrapper, because the same function may be added twice and removed once.
	const own: Listener<Value> = (value) => listener(value);
	listeners.add(own);
	return () => {
		listeners.delete(own);
	};
}

function reasonOf(data: unknown): string {
	const reason = (data as { reason?: unknown } | null)?.reason;
	return typeof reason === "string" ? reason : "unknown";
}

/** Node has both APIs, but no tabs: the users whom one process serves would share a stream, and with it what one may read. */
function canShare(): boolean {
	return !!(globalThis.location && globalThis.BroadcastChannel && globalThis.navigator?.locks);
}
