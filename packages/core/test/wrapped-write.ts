/**
 * Set up before anything else is loaded: a wrapper around every response's `write`, as tracing puts one there. The core
 * then goes the way through the response, and whatever is claimed of it must hold there as well.
 */
import { ServerResponse } from "node:http";

// Once in each process: files share it.
if (!Object.hasOwn(ServerResponse.prototype, "write")) {
	const { write } = ServerResponse.prototype;
	ServerResponse.prototype.write = function (this: ServerResponse, ...args: unknown[]) {
		return Reflect.apply(write, this, args);
	};
}
