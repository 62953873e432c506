/**
 * The stream of one request to a route of `@SseStream`: sends what the handler returned, as transformed by interceptors, to a
 * connection. The connection opens as late as possible, so that an early error can be answered as usual.
 */
import type { CallHandler, ExecutionContext } from "@nestjs/common";
import { isObservable, type Subscriber, type Subscription } from "rxjs";
import type { CloseReason, ConnectResult, SSEConnection, SSEMessage } from "sse-service";
import { Handover } from "./handover.js";
import type { Openings, SseParams } from "./openings.js";
import { isThenable, PromisedEvent } from "./promised-event.js";
import { pulled } from "./pulled.js";
import { type RouteHandler, shared } from "./shared.js";
import type { SseStreamOptions } from "./sse-stream.js";

type Ending = { readonly reason: CloseReason; readonly error: unknown };

export class RouteStream implements RouteHandler {
	readonly #openings: Openings;
	readonly #options: SseStreamOptions;
	readonly #context: ExecutionContext;
	/** Nest's subscriber, which waits only until the stream opens. */
	readonly #nest: Subscriber<undefined>;
	readonly #items = new Handover();
	/** For a source that is a function. */
	#abort: AbortController | undefined;
	#state: "waiting" | "opening" | "open" | "ended" = "waiting";
	/** What the handler returned; `undefined` if an interceptor answered instead. */
	#source: "nothing" | "observable" | "iterable" | undefined;
	/** Whether items are sent no faster than the client reads: those of an iterable, and all from the first promise on. */
	#isPiped = false;
	#params: SseParams | undefined;
	#chain: Subscription | undefined;
	#connection: SSEConnection | undefined;
	/** How to end the stream, if that was known before it opened. */
	#ending: Ending | undefined;

	constructor(
		openings: Openings,
		options: SseStreamOptions,
		context: ExecutionContext,
		nest: Subscriber<undefined>,
	) {
		this.#openings = openings;
		this.#options = options;
		this.#context = context;
		this.#nest = nest;
	}

	get service(): object {
		return this.#openings.streams.service;
	}

	/** Resolves the connection parameters, then runs the handler. */
	async run(next: CallHandler): Promise<void> {
		const http = this.#context.switchToHttp();
		this.#params = await this.#options.params?.(http.getRequest(), this.#context);
		shared.routes.set(http.getResponse<object>(), this);
		this.#chain = next.handle().subscribe({
			next: (item) => this.#onItem(item),
			error: (error) => this.#onError(error),
			complete: () => this.#onComplete(),
		});
	}

	handled(result: unknown): unknown {
		return isThenable(result)
			? Promise.resolve(result).then((value) => this.#adopt(value))
			: this.#adopt(result);
	}

	#adopt(value: unknown): unknown {
		if (value === undefined || value === null) {
			this.#source = "nothing";
			return value;
		}
		// Exception filters answer an immediate failure, as on any route.
		setImmediate(() => this.#open());
		if (isObservable(value)) {
			this.#source = "observable";
			return value;
		}
		this.#source = "iterable";
		this.#isPiped = true;
		const iterable = typeof value === "function" ? value(this.#newSignal()) : value;
		return pulled(iterable, this.#items, (error) => this.#openings.log(error));
	}

	#newSignal(): AbortSignal {
		this.#abort = new AbortController();
		return this.#abort.signal;
	}

	#onItem(item: unknown): void {
		if (this.#source === "nothing") this.#open();
		else if (isThenable(item)) this.#onPromise(Promise.resolve(item));
		else if (this.#connection !== undefined && !this.#isPiped) this.#send(item);
		else if (this.#items.put(item)) this.#open();
		else this.#end("slow");
	}

	/** Awaits an item that is a promise, as Nest awaits a handler's result. Sent once the items before it have been sent. */
	#onPromise(item: Promise<unknown>): void {
		item.then(
			() => this.#open(),
			(error) => {
				// After the opening, the pipe reports the error.
				if (this.#state === "waiting") this.#onError(error);
			},
		);
		const begins = !this.#isPiped && this.#connection !== undefined;
		this.#isPiped = true;
		if (!this.#items.put(item)) this.#end("slow");
		else if (begins) this.#pipe();
	}

	#onError(error: unknown): void {
		if (this.#state === "waiting") {
			this.#stop();
			this.#nest.error(error);
		} else if (this.#isPiped) {
			this.#items.end({ error });
		} else {
			this.#end("error", error);
		}
	}

	#onComplete(): void {
		if (this.#isPiped) this.#items.end();
		else if (this.#source !== "nothing") this.#end("server");
		// A promise opens the stream, or fails before that.
		if (this.#isPiped && this.#source !== "iterable") return;
		this.#open();
	}

	#open(): void {
		if (this.#state !== "waiting") return;
		this.#state = "opening";
		const http = this.#context.switchToHttp();
		this.#openings
			.open(http.getRequest(), http.getResponse(), this.#params, (result) => this.#onOpen(result))
			.catch((error) => {
				this.#stop();
				// The framework has already answered with what its hook threw.
				if (this.#openings.isAfterAnswer(error)) this.#tellNest();
				else this.#nest.error(error);
			});
	}

	#onOpen({ connection }: ConnectResult): void {
		this.#state = "open";
		this.#connection = connection;
		if (connection.closed) {
			this.#stop();
		} else if (this.#source !== "nothing") {
			connection.signal.addEventListener("abort", () => this.#stop(), { once: true });
		}
		if (this.#isPiped) {
			this.#pipe();
		} else {
			for (const item of this.#items.takeAll()) {
				if (this.#isPiped) this.#items.put(item);
				else this.#send(item);
			}
			if (this.#ending !== undefined) this.#endAfterItems(this.#ending);
		}
		this.#tellNest();
	}

	#pipe(): void {
		const toEvent = (item: unknown) =>
			item instanceof PromisedEvent ? item.event : this.#toEvent(item);
		this.#connection?.pipe(this.#items, { toEvent }).then(
			() => this.#end("server"),
			(error) => this.#end("error", error),
		);
	}

	#send(item: unknown): void {
		try {
			const event = this.#toEvent(item);
			// The pipe awaits it, or refuses what is no event.
			if (isThenable(event) || typeof (event ?? 0) !== "object") {
				this.#isPiped = true;
				this.#items.put(new PromisedEvent(event));
				this.#pipe();
			} else {
				const { data, ...options } = event;
				this.#connection?.send(data, options);
			}
		} catch (error) {
			this.#end("error", error);
		}
	}

	#toEvent(item: unknown): SSEMessage | PromiseLike<SSEMessage> {
		return (this.#options.toEvent ?? asData)(item);
	}

	/** Ends the stream as was decided before it opened: after its items, unless there were too many. */
	#endAfterItems({ reason, error }: Ending): void {
		if (!this.#isPiped || reason === "slow") this.#end(reason, error);
		else this.#items.end(reason === "error" ? { error } : undefined);
	}

	/** Ends the stream, or makes it end as soon as it has opened. */
	#end(reason: CloseReason, error?: unknown): void {
		this.#chain?.unsubscribe();
		if (this.#connection === undefined) {
			this.#ending = { reason, error };
		} else {
			if (reason === "error") {
				this.#openings.log(error);
				this.#connection.fail(error);
			} else this.#connection.close(reason);
		}
	}

	/** Stops reading from the handler. */
	#stop(): void {
		this.#state = "ended";
		this.#chain?.unsubscribe();
		this.#abort?.abort(this.#connection?.signal.reason);
	}

	#tellNest(): void {
		// Emits a value, because Nest reads an Observable's last value.
		this.#nest.next(undefined);
		this.#nest.complete();
	}
}

function asData(data: unknown): SSEMessage {
	return { data };
}
