/**
 * An async context, captured where it was created. Work that runs in it does not belong to the request that happens to need
 * it. Otherwise a timer that serves all connections would keep the first request alive, with its `AsyncLocalStorage` stores.
 */
import { builtin } from "../checks/builtin.js";

/** For runtimes without async contexts, which have nothing to separate. */
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

	/** It never keeps the process alive. `jest --detectOpenHandles` reports each resource that does not say so. */
	hasRef(): false {
		return false;
	}

	/** `AsyncResource.bind` does the same, at ten times the cost. */
	run<T>(work: () => T): T {
		return this.runInAsyncScope(work);
	}
}
