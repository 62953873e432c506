/**
 * Opens streams on the requests of a Nest app, on either platform, and handles later errors.
 */
import { HttpException, Logger } from "@nestjs/common";
import { openOn } from "@sse-service/fastify/adapter";
import {
	type AnyEvents,
	type ConnectParams,
	type ConnectResult,
	isSSEError,
	type RequestLike,
	type ResponseLike,
	type SSEError,
} from "sse-service";
import type { AppStreams } from "sse-service/adapter";

/** The parameters of `connectSSE`, without the request and the response. */
export type SseParams<Events extends object = AnyEvents> = Omit<
	ConnectParams<Events>,
	"req" | "res"
>;

type SetHeader = (name: string, value: string) => unknown;
type Reply = Parameters<typeof openOn>[0];

export class Openings {
	readonly streams: AppStreams;
	readonly #logger = new Logger("SseService");
	/** By the framework's response. */
	readonly #opened = new WeakMap<object, ConnectResult>();
	/** Errors of openings whose request was already answered. */
	readonly #afterAnswer = new WeakSet<object>();

	constructor(streams: AppStreams) {
		this.streams = streams;
	}

	/**
	 * @param onOpen called in the same tick in which the stream opens
	 * @throws (rejects) an `HttpException` for a refusal with a status, otherwise like the service
	 */
	async open(
		req: RequestLike,
		res: ResponseLike,
		params: SseParams = {},
		onOpen?: (result: ConnectResult) => void,
	): Promise<ConnectResult> {
		const connect = (): ConnectResult => {
			const result = this.streams.connect({ ...params, req, res });
			this.#opened.set(res, result);
			onOpen?.(result);
			return result;
		};
		try {
			return isReply(res) ? await openOn(res, connect, { answeredBy: "caller" }) : connect();
		} catch (error) {
			if (isSSEError(error) && error.code === "ERR_SSE_RESPONSE_STARTED") {
				if (error.cause !== undefined) this.#afterAnswer.add(error);
			}
			if (isSSEError(error)) setHeaders(res, error.headers);
			throw toHttpException(error);
		}
	}

	/** Whether `connect` has opened a stream on this response. */
	hasOpened(res: object): boolean {
		return this.#opened.has(res);
	}

	/** Whether an error only reports that the request was answered in another way, for example by a failed hook. */
	isAfterAnswer(error: unknown): boolean {
		return typeof error === "object" && error !== null && this.#afterAnswer.has(error);
	}

	/**
	 * Handles what a handler throws after its stream has opened: ends the stream, logs the error and passes it to `onError`.
	 *
	 * @returns false if no stream is open, so that Nest must answer the error
	 */
	takeError(error: unknown, res: object): boolean {
		const opened = this.#opened.get(res);
		if (opened === undefined) return this.isAfterAnswer(error);
		this.log(error);
		opened.connection.fail(error);
		return true;
	}

	log(error: unknown): void {
		const what = error instanceof Error ? error.message : String(error);
		const stack = error instanceof Error ? error.stack : undefined;
		this.#logger.error(`Failed after the event stream had opened: ${what}`, stack);
	}
}

/** Checks members, because an app may have several copies of Fastify. */
function isReply(res: object): res is Reply {
	return "raw" in res && "hijack" in res && typeof res.hijack === "function";
}

/** Sets an error's headers. Express and Fastify do so themselves; Nest's exception filters do not. */
function setHeaders(res: object, headers: SSEError["headers"] = {}): void {
	const { header, setHeader } = res as Partial<Record<"header" | "setHeader", SetHeader>>;
	for (const each of Object.entries(headers)) (header ?? setHeader)?.apply(res, each);
}

/** Nest answers errors of its own class with their status, and does not log them. */
function toHttpException(error: unknown): unknown {
	if (!isSSEError(error) || error.statusCode === undefined) return error;
	const { code, message, statusCode } = error;
	const body = { statusCode, message, code };
	return Object.assign(new HttpException(body, statusCode, { cause: error }), { code });
}
