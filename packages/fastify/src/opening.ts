/**
 * The opening of a stream on a Fastify reply: the reply is sent, so that the onSend hooks run, with a payload that
 * hands the raw response over when Fastify pipes it there.
 */
import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { SSEError } from "sse-service/adapter";

const EVENT_STREAM = "text/event-stream";

/**
 * A stream that has nothing to say: what it is piped into is told to `onPipe`, which answers whether it ends with that.
 * `instanceof Readable` is how hooks tell a stream from text.
 */
class Payload extends Readable {
	readonly #onPipe: (destination: object) => boolean;

	constructor(onPipe: (destination: object) => boolean) {
		super();
		this.#onPipe = onPipe;
	}

	override _read(): void {
		this.push(null);
	}

	override pipe<Destination extends NodeJS.WritableStream>(destination: Destination): Destination {
		// It ends at once, and quietly: Fastify watches a payload, and would log a client that leaves as an error of it.
		if (this.#onPipe(destination)) this.resume();
		return destination;
	}
}

type Connected = { readonly connection: { fail(error: unknown): void } };

export interface OpeningOptions {
	/**
	 * Who answers what comes after the call, a refusal or what the handler throws. Default `"fastify"`. For a framework on
	 * top of Fastify: `"caller"`, who awaits the result; the reply counts as sent once the stream has opened.
	 */
	readonly answeredBy?: "fastify" | "caller";
}

/** Send an event stream as the reply. `connect` opens it on the raw response. */
export function openOn<Result extends Connected>(
	reply: FastifyReply,
	connect: () => Result,
	options: OpeningOptions = {},
): Promise<Result> {
	const opening = new Opening(reply, connect, options);
	// Nobody has to await it: a refusal is answered all the same.
	opening.result.catch(() => {});
	opening.start();
	return opening.result;
}

class Opening<Result extends Connected> {
	readonly result: Promise<Result>;
	readonly #reply: FastifyReply;
	/** Fastify's own `send`. */
	readonly #send: FastifyReply["send"];
	readonly #connect: () => Result;
	readonly #answeredBy: "fastify" | "caller";
	#state: "pending" | "open" | "failed" | "refused" | "answered" = "pending";
	#opened: Result | undefined;
	#refusal: unknown;
	#overtaken: unknown;
	#resolve!: (result: Result) => void;
	#reject!: (error: unknown) => void;

	constructor(
		reply: FastifyReply,
		connect: () => Result,
		{ answeredBy = "fastify" }: OpeningOptions,
	) {
		this.#reply = reply;
		this.#send = reply.send;
		this.#connect = connect;
		this.#answeredBy = answeredBy;
		this.result = new Promise((resolve, reject) => {
			this.#resolve = resolve;
			this.#reject = reject;
		});
	}

	start(): void {
		const reply = this.#reply;
		const { raw } = reply;
		if (reply.sent || raw.headersSent) {
			this.#refuseStarted();
			return;
		}
		// Without hooks: Fastify answers HEAD itself after them, with headers that are not a stream's.
		if (reply.request.method === "HEAD") {
			for (const [name, value] of Object.entries(reply.getHeaders())) {
				if (value !== undefined) raw.setHeader(name, value);
			}
			reply.send = (payload) => this.#sendAfter(payload);
			this.#open();
			return;
		}
		// The client has left, or something else was sent, while the hooks ran.
		raw.once("close", () => this.#open());
		// Compression and the like look at it in their hooks.
		reply.type(EVENT_STREAM);
		reply.send = (later) => this.#sendAfter(later);
		this.#send.call(reply, new Payload((destination) => this.#onPipe(destination)));
	}

	#onPipe(destination: object): boolean {
		const isRaw = destination === this.#reply.raw;
		if (isRaw) this.#open();
		else this.#refuse(wrapped());
		return isRaw;
	}

	#open(): void {
		if (this.#state !== "pending") return;
		try {
			this.#opened = this.#connect();
			this.#state = "open";
			if (this.#answeredBy === "caller") this.#reply.hijack();
			else this.#outliveHandlerTimeout();
			this.#resolve(this.#opened);
		} catch (error) {
			this.#refuse(error);
		}
	}

	/** At `handlerTimeout` (Fastify 5) an open response is destroyed, unless the reply counts as sent after the signal. */
	#outliveHandlerTimeout(): void {
		const reply = this.#reply;
		const { handlerTimeout } = reply.request.routeOptions;
		if (handlerTimeout === undefined || handlerTimeout === 0) return;
		// Not before: it is made when it is first looked at.
		const { signal } = reply.request;
		signal.addEventListener("abort", () => {
			if (signal.reason?.code !== "FST_ERR_HANDLER_TIMEOUT") return;
			// Not by `hijack`, which is for good: what the handler throws from then on would end nothing.
			Object.defineProperty(reply, "sent", { value: true, configurable: true });
			// Before the handler hears of the signal by a promise.
			process.nextTick(() => Reflect.deleteProperty(reply, "sent"));
		});
	}

	/** The handler may answer; else it is Fastify's error handling that does. */
	#refuse(error: unknown): void {
		this.#state = "refused";
		this.#refusal = error;
		this.#takeBackType();
		this.#reject(error);
		if (this.#answeredBy === "caller") return;
		setImmediate(() => {
			if (this.#state === "refused") this.#sendAfter(error);
		});
	}

	/** What has begun goes on. The log has it, because the promise need not be awaited. */
	#refuseStarted(): void {
		const error = new SSEError("ERR_SSE_RESPONSE_STARTED", "The reply has been sent, or hijacked");
		this.#reply.log.warn({ err: error });
		this.#reject(error);
	}

	/** An answer has a type of its own: with the stream's, Fastify would not serialize an object. */
	#takeBackType(): void {
		const reply = this.#reply;
		if (reply.getHeader("content-type") !== EVENT_STREAM) return;
		reply.removeHeader("content-type");
		// Fastify has told Node already when it pipes.
		if (!reply.raw.headersSent) reply.raw.removeHeader("content-type");
	}

	/** What Fastify (for what the handler returned or threw) and the handler send once the stream was sent. */
	#sendAfter(payload: unknown): FastifyReply {
		const reply = this.#reply;
		if (this.#state === "open") {
			if (payload instanceof Error || isThrown(reply)) this.#onFailure(payload);
			return reply;
		}
		// What an error handler makes of it: there is nobody to answer.
		if (this.#state === "failed") return reply;
		// What a handler returns: nothing, or the result.
		if (payload === undefined) return reply;
		switch (this.#state) {
			case "pending":
				// Something failed, or was sent, before the stream could open. An error of our own, to know it again.
				this.#overtaken = overtaken(payload);
				this.#takeBackType();
				this.#reject(this.#overtaken);
				break;
			case "answered":
				// Thrown by a handler that awaits the result, when all has been said. Error handlers send the refusal before.
				if (payload === this.#overtaken || (payload === this.#refusal && reply.raw.headersSent))
					return reply;
		}
		this.#state = "answered";
		return this.#send.call(reply, payload);
	}

	/** An error is handled as that of any route, by onError hooks, error handler and log, and ends the stream. */
	#onFailure(error: unknown): void {
		this.#state = "failed";
		const reply = this.#reply;
		// Fastify handles none of a response that has ended, and its log says little of a value that is no error.
		if (error instanceof Error && !reply.sent) this.#send.call(reply, error);
		else reply.log.error({ err: error }, "the handler failed after the event stream had opened");
		this.#opened?.connection.fail(error);
	}
}

/** Whether Fastify sends what the handler threw, which may be anything: it notes that on the reply, under a symbol of its own. */
function isThrown(reply: FastifyReply): boolean {
	const symbols = Object.getOwnPropertySymbols(reply);
	const noted = symbols.find(({ description }) => description === "fastify.reply.isError");
	return noted !== undefined && Reflect.get(reply, noted) === true;
}

function wrapped(): SSEError {
	return new SSEError(
		"ERR_SSE_INVALID_REQUEST",
		"An onSend hook has wrapped the payload; it must leave text/event-stream as it is",
	);
}

function overtaken(cause: unknown): SSEError {
	const message = "The reply was sent otherwise before the stream opened";
	return new SSEError("ERR_SSE_RESPONSE_STARTED", message, undefined, cause);
}
