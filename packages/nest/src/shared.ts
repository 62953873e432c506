/**
 * What every copy of this package in one process has in common: an app may load its ESM and its CommonJS build, and
 * a class would then be two, which dependency injection and decorators cannot match.
 */

// On globalThis under a versioned key, and what is in it keeps its meaning within that version.
const KEY = Symbol.for("@sse-service/nest.v1");

/** The stream of one request, as the handler of its route is told by. */
export interface RouteHandler {
	/** Where its stream is registered. */
	readonly service: object;
	/** @returns what Nest is to see in place of what the handler returned */
	handled(result: unknown): unknown;
}

interface Shared {
	/** The one class that is injected, of the copy that was loaded first. */
	SseService?: unknown;
	/** By the framework's response: the stream that the handler of its route feeds. */
	readonly routes: WeakMap<object, RouteHandler>;
}

const holder = globalThis as { [KEY]?: Shared };

holder[KEY] ??= { routes: new WeakMap() };
export const shared: Shared = holder[KEY];
