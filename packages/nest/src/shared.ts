/**
 * What every copy of this package in one process has in common: an app may load its ESM and its CommonJS build, and
 * a class would then be two, which dependency injection and decorators cannot match.
 */
import type { RouteHandler } from "./route-stream.js";
import type { SseService } from "./sse-service.js";

// On globalThis under a versioned key, and what is in it keeps its meaning within that version.
const KEY = Symbol.for("@sse-service/nest.v1");

interface Shared {
	/** The one class, of the copy that was loaded first. */
	SseService?: typeof SseService;
	/** By the framework's response: the stream that the handler of its route feeds. */
	readonly routes: WeakMap<object, RouteHandler>;
}

const holder = globalThis as { [KEY]?: Shared };

holder[KEY] ??= { routes: new WeakMap() };
export const shared: Shared = holder[KEY];
