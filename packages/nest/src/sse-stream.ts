/**
 * The route decorator: a route whose response is an event stream, and which otherwise works like any other.
 */
import { type ExecutionContext, RequestMapping, RequestMethod, Res } from "@nestjs/common";
import { RESPONSE_PASSTHROUGH_METADATA, ROUTE_ARGS_METADATA } from "@nestjs/common/constants.js";
import type { Observable } from "rxjs";
import type { PipeSource, SSEMessage } from "sse-service";
import { SSEError } from "sse-service/adapter";
import type { SseParams } from "./openings.js";
import { shared } from "./shared.js";

/** What a handler may return: a source of items, after which the stream ends, or nothing, and it stays open. */
// biome-ignore lint/suspicious/noConfusingVoidType: what a function without `return` returns.
export type SseSource = Observable<unknown> | PipeSource<unknown> | undefined | void;

// biome-ignore lint/suspicious/noExplicitAny: only the application knows what middleware and guards have added.
type AnyRequest = Record<string, any>;

export interface SseStreamOptions<Request = AnyRequest, Item = unknown> {
	/** Default `RequestMethod.GET`. */
	readonly method?: RequestMethod | undefined;
	/** The name of the instance that registers the stream. Default: the instance without a name. */
	readonly service?: string | undefined;
	/** Who connects: runs after the guards and before the handler. What it throws is answered by exception filters. Default: a generated client id in the default group. */
	readonly params?:
		| ((request: Request, context: ExecutionContext) => SseParams | Promise<SseParams>)
		| undefined;
	/** Turns an item, as transformed by interceptors, into an event, or a promise of one, which is awaited in its turn. Default: the item is the data. */
	readonly toEvent?: ((item: Item) => SSEMessage | PromiseLike<SSEMessage>) | undefined;
}

const OPTIONS = Symbol.for("@sse-service/nest.stream.v1");

type Handler = (...args: never[]) => SseSource | PromiseLike<SseSource>;
type AnyMethod = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Makes a controller's method the handler of an event stream. Guards, pipes, interceptors and exception filters work as on any
 * route; interceptors see each item. The stream opens with the first item, or shortly after the handler has returned.
 * Exception filters answer earlier errors; Nest's logger logs later ones, which end the stream with reason `error`.
 *
 * A handler returns an Observable, whose items are sent as they come; an (async) iterable, or a function that receives an
 * AbortSignal and returns one, which is read no faster than the client reads; or nothing, and the stream stays open for events
 * sent from elsewhere. When the client leaves, the Observable is unsubscribed or the iterable closed.
 *
 * Requests fail (status 500) with `ERR_SSE_INVALID_OPTION` when no SseModule provides the service, or several provide
 * different ones, and with `ERR_SSE_INVALID_SOURCE` when something else is returned. Called directly, not by
 * Nest, the method behaves as if undecorated.
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
		// With `@Res()`, Nest leaves the answer to the handler; with the handler's own `passthrough` it would not.
		Res()(target, key, response);
		Reflect.deleteMetadata(RESPONSE_PASSTHROUGH_METADATA, target.constructor, key);
		const wrapped: AnyMethod = function (...args) {
			const given = args[response];
			// Nest always passes the response, so the application itself has called the method.
			if (typeof given !== "object" || given === null) return handler.apply(this, args);
			const route = shared.routes.get(given);
			if (route === undefined) throw unprovided(options.service);
			return route.handled(handler.apply(this, args.slice(0, response)));
		};
		descriptor.value = inPlaceOf(handler, wrapped) as unknown as Method;
		Reflect.defineMetadata(OPTIONS, options, wrapped);
		RequestMapping({ path, method: options.method ?? RequestMethod.GET })(target, key, descriptor);
	};
}

/** Returns the options of a decorated handler, whichever copy of this package decorated it. */
export function streamOptionsOf(handler: object): SseStreamOptions | undefined {
	return Reflect.getMetadata(OPTIONS, handler);
}

/** The index after every parameter that Nest injects. */
function responseIndex(target: object, key: string | symbol): number {
	const decorated: Record<string, { index: number }> =
		Reflect.getMetadata(ROUTE_ARGS_METADATA, target.constructor, key) ?? {};
	return Math.max(0, ...Object.values(decorated).map(({ index }) => index + 1));
}

/** Copies the metadata of earlier decorators from a handler to its replacement. */
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
