/**
 * An async context, that of where it was made: what runs in it is not of the request that happens to need it. A timer that
 * serves all connections would else keep the first request, with its `AsyncLocalStorage` stores, alive.
 */
import { builtin } from "../checks/builtin.js";

/** Where there are no async contexts, there is nothing to keep apart. */
class NoContext {
	runInAsyncScope<Args extends unknown[], T>(
		work: (...args: Args) => T,
		thisArg?: unknown,
		...args: Args
	): T {
		return Reflect.apply(work, thisArg, args);
	}
}

type Hooks = NonNullable<ReturnType<typeof builtin<"node:async_hooks">>>;
const Resource = (builtin("node:async_hooks")?.AsyncResource ??
	NoContext) as Hooks["AsyncResource"];

export class Context extends Resource {
	constructor() {
		super("SSEService");
	}

	/** `AsyncResource.bind` does the same, at ten times the cost. */
	run<T>(work: () => T): T {
		return this.runInAsyncScope(work);
	}
}
