/**
 * The route decorator: a route whose response is an event stream, and which is else like any other.
 */
import { type ExecutionContext, RequestMapping, RequestMethod, Res } from "@nestjs/common";
import { ROUTE_ARGS_METADATA } from "@nestjs/common/constants.js";
import type { Observable } from "rxjs";
import type { PipeSource, SSEMessage } from "sse-service";
import { SSEError } from "sse-service/adapter";
import type { SseParams } from "./openings.js";
import { shared } from "./shared.js";

/** What a handler may return: a source of items, after which the stream ends, or nothing, and it stays open. */
// biome-ignore lint/suspicious/noConfusingVoidType: what a function without `return` returns.
export type SseSource = Observable<unknown> | PipeSource<unknown> | undefined | void;

// biome-ignore lint/suspicious/noExplicitAny: what middleware and guards have put there is the application's to know.
type AnyRequest = Record<string, any>;

export interface SseStreamOptions<Request = AnyRequest, Item = unknown> {
	/** Default `RequestMethod.GET`. */
	readonly method?: RequestMethod | undefined;
	/** The name of the instance that the stream is registered with. Default: the one without a name. */
	readonly service?: string | undefined;
	/** Who connects: runs after the guards and before the handler. What it throws is answered by exception filters. Default: a generated client id in the default group. */
	readonly params?:
		| ((request: Request, context: ExecutionContext) => SseParams | Promise<SseParams>)
		| undefined;
	/** The event that an item becomes, as interceptors have left it. Default: the item is the data. */
	readonly toEvent?: ((item: Item) => SSEMessage) | undefined;
}

const OPTIONS = Symbol.for("@sse-service/nest.stream.v1");

type Handler = (...args: never[]) => SseSource | PromiseLike<SseSource>;
type AnyMethod = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Make a method of a controller the handler of an event stream. Guards, pipes, interceptors and exception filters work
 * as on any route; interceptors see each item. The stream opens with the first item, or, once the handler has returned,
 * after what is ready to run: errors before that are answered by exception filters, later ones are logged by Nest's
 * logger and end the stream with reason `error`.
 *
 * A handler returns an Observable, whose items are sent as they come; an (async) iterable, or a function that is given
 * an AbortSignal and returns one, which is read no faster than the client reads; or nothing, and the stream stays open
 * for what others send. When the client leaves, the Observable is unsubscribed from or the iterable closed.
 *
 * Requests fail (status 500) with `ERR_SSE_INVALID_OPTION` when no SseModule provides the service, or several provide
 * different ones, and with `ERR_SSE_INVALID_SOURCE` when something else is returned. Called by anyone but Nest, the
 * method is what it was.
 */
export function SseStream<Request = AnyRequest, Item = unknown>(
	path: string | string[] = "/",
	options: SseStreamOptions<Request, Item> = {},
) {
	return <Method extends Handler>(
		target: object,
		key: string | symbol,
		descriptor: TypedPropertyDescriptor<Method>,
	): void => {
		const handler = descriptor.value as unknown as AnyMethod;
		const response = responseIndex(target, key);
		// Because a handler that is given it answers by itself, for Nest.
		Res()(target, key, response);
		const told: AnyMethod = function (...args) {
			const given = args[response];
			// Nest always gives it: the application has called the method by itself.
			if (typeof given !== "object" || given === null) return handler.apply(this, args);
			const route = shared.routes.get(given);
			if (route === undefined) throw unprovided(options.service);
			return route.handled(handler.apply(this, args.slice(0, response)));
		};
		descriptor.value = inPlaceOf(handler, told) as unknown as Method;
		Reflect.defineMetadata(OPTIONS, options, told);
		RequestMapping({ path, method: options.method ?? RequestMethod.GET })(target, key, descriptor);
	};
}

/** The options of a handler that is decorated, by whichever copy of this package. */
export function streamOptionsOf(handler: object): SseStreamOptions | undefined {
	return Reflect.getMetadata(OPTIONS, handler);
}

/** Behind every parameter that Nest gives a value. */
function responseIndex(target: object, key: string | symbol): number {
	const decorated: Record<string, { index: number }> =
		Reflect.getMetadata(ROUTE_ARGS_METADATA, target.constructor, key) ?? {};
	return Math.max(0, ...Object.values(decorated).map(({ index }) => index + 1));
}

/** What decorators below this one have noted on the handler goes for what takes its place. */
function inPlaceOf(handler: AnyMethod, other: AnyMethod): AnyMethod {
	for (const key of Reflect.getMetadataKeys(handler)) {
		Reflect.defineMetadata(key, Reflect.getMetadata(key, handler), other);
	}
	return Object.defineProperty(other, "name", { value: handler.name });
}

function unprovided(name: string | undefined): SSEError {
	const what = name === undefined ? "" : `{ name: ${JSON.stringify(name)} }`;
	return new SSEError(
		"ERR_SSE_INVALID_OPTION",
		`@SseStream has no service to open a stream with: import SseModule.forRoot(${what})`,
	);
}
