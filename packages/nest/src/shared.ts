/**
 * State that all copies of this package in one process share. An app may load both the ESM and the CommonJS build; a class
 * would then exist twice, and dependency injection and decorators could not match the two.
 */

// On globalThis under a versioned key. The content keeps its meaning within that version.
const KEY = Symbol.for("@sse-service/nest.v1");

/** The stream of one request, as seen by the handler of its route. */
export interface RouteHandler {
	/** The service that registers the stream. */
	readonly service: object;
	/** @returns what Nest receives instead of the handler's result */
	handled(result: unknown): unknown;
}

interface Shared {
	/** The injected class, from the copy that was loaded first. */
	SseService?: unknown;
	/** By the framework's response: the stream that the handler of its route feeds. */
	readonly routes: WeakMap<object, RouteHandler>;
}

const holder = globalThis as { [KEY]?: Shared };

holder[KEY] ??= { routes: new WeakMap() };
export const shared: Shared = holder[KEY];
