/**
 * Opens a stream on a Fastify reply: sends the reply, so that the onSend hooks run, with a payload that captures the raw
 * response when Fastify pipes the payload into it.
 */
import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { SSEError } from "sse-service/adapter";

const EVENT_STREAM = "text/event-stream";

/**
 * An empty stream: passes its pipe destination to `onPipe`, which returns whether the payload ends with that.
 * Extends `Readable` because hooks use `instanceof Readable` to recognize streams.
 */
class Payload extends Readable {
	readonly #onPipe: (destination: object) => boolean;

	constructor(onPipe: (destination: object) => boolean) {
		super();
		this.#onPipe = onPipe;
		// At once: Fastify destroys it where the client has left before the pipe, and would take that for an error of the app.
		this.push(null);
	}

	override pipe<Destination extends NodeJS.WritableStream>(destination: Destination): Destination {
		// Ends at once, because Fastify watches a payload and would log a client that leaves as an error.
		if (this.#onPipe(destination)) this.resume();
		return destination;
	}
}

type Connected = { readonly connection: { fail(error: unknown): void } };

export interface OpeningOptions {
	/**
	 * Who answers a refusal, or what the handler throws after the call. Default `"fastify"`. A framework on top of Fastify uses
	 * `"caller"` and awaits the result; the reply counts as sent once the stream has opened.
	 */
	readonly answeredBy?: "fastify" | "caller";
}

/** Sends an event stream as the reply. `connect` opens it on the raw response. */
export function openOn<Result extends Connected>(
	reply: FastifyReply,
	connect: () => Result,
	options: OpeningOptions = {},
): Promise<Result> {
	const opening = new Opening(reply, connect, options);
	// Awaiting the result is optional; a refusal is answered in any case.
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
		// Bypasses the hooks: after them, Fastify answers HEAD itself, with headers that are not a stream's.
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
		// Hooks such as compression check the type.
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
		// Not earlier, because Fastify creates the signal on first access.
		const { signal } = reply.request;
		signal.addEventListener("abort", () => {
			if (signal.reason?.code !== "FST_ERR_HANDLER_TIMEOUT") return;
			// Not with `hijack`, which is permanent: what the handler throws later would not end the stream.
			Object.defineProperty(reply, "sent", { value: true, configurable: true });
			// Before promises that wait for the signal continue the handler.
			process.nextTick(() => Reflect.deleteProperty(reply, "sent"));
		});
	}

	/** Refuses the stream. The handler may answer, before it waits for anything else; otherwise Fastify's error handling does. */
	#refuse(error: unknown): void {
		// A hook has put another payload in the place of ours, or has hijacked the reply.
		if (this.#reply.raw.headersSent) {
			this.#state = "answered";
			this.#overtaken = overtaken(error);
			this.#reject(this.#overtaken);
			return;
		}
		this.#refusal = error;
		this.#state = "refused";
		this.#takeBackType();
		this.#reject(error);
		if (this.#answeredBy === "caller") return;
		setImmediate(() => {
			if (this.#state === "refused") this.#sendAfter(error);
		});
	}

	/** Refuses without touching the reply that has started. Logs it, because awaiting the promise is optional. */
	#refuseStarted(): void {
		const error = new SSEError(
			"ERR_SSE_RESPONSE_STARTED",
			"The reply has already been sent or hijacked: open the stream before",
		);
		this.#reply.log.warn({ err: error });
		this.#reject(error);
	}

	/** Removes the stream's content type: with it, Fastify would not serialize an object as the answer. */
	#takeBackType(): void {
		const reply = this.#reply;
		if (reply.getHeader("content-type") !== EVENT_STREAM) return;
		reply.removeHeader("content-type");
		// Once it pipes, Fastify has already set the headers on Node's response.
		if (!reply.raw.headersSent) reply.raw.removeHeader("content-type");
	}

	/** Handles later sends, by the handler or by Fastify for what the handler returned or threw. */
	#sendAfter(payload: unknown): FastifyReply {
		const reply = this.#reply;
		if (this.#state === "open") {
			if (payload instanceof Error || isThrown(reply)) this.#onFailure(payload);
			return reply;
		}
		// An error handler replies, but the response has already failed.
		if (this.#state === "failed") return reply;
		// The handler returned nothing, or the result.
		if (payload === undefined) return reply;
		switch (this.#state) {
			case "pending":
				// Something failed, or was sent, before the stream could open. An error of our own, to recognize it later.
				this.#overtaken = overtaken(payload);
				this.#takeBackType();
				// Not before that has left: until then, Fastify 4 would send what a handler that catches the error replies as well.
				reply.raw.once("close", () => this.#reject(this.#overtaken));
				break;
			case "answered":
				// A handler that awaits the result throws an error that has already been answered. Error handlers send a refusal earlier.
				if (payload === this.#overtaken || (payload === this.#refusal && reply.raw.headersSent))
					return reply;
		}
		this.#state = "answered";
		return this.#send.call(reply, payload);
	}

	/** Handles an error as on any route, with onError hooks, error handler and log, and ends the stream. */
	#onFailure(error: unknown): void {
		this.#state = "failed";
		const reply = this.#reply;
		// Fastify ignores errors of an ended response, and its log says little about a value that is not an Error.
		if (error instanceof Error && !reply.sent) this.#send.call(reply, error);
		else reply.log.error({ err: error }, "the handler failed after the event stream had opened");
		this.#opened?.connection.fail(error);
	}
}

/** Whether Fastify is sending what the handler threw, of any type. It records that on the reply, under its own symbol. */
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
	const message = "Something else was sent before the stream opened";
	return new SSEError("ERR_SSE_RESPONSE_STARTED", message, { cause });
}
