/**
 * An async context, that of where it was made: what runs in it is not of the request that happens to need it. A timer that
 * serves all connections would else keep the first request, with its `AsyncLocalStorage` stores, alive.
 */
import { AsyncResource } from "node:async_hooks";

export class Context extends AsyncResource {
	constructor() {
		super("SSEService");
	}

	/** `AsyncResource.bind` does the same, at ten times the cost. */
	run<T>(work: () => T): T {
		return this.runInAsyncScope(work);
	}
}
