/**
 * Set up before each file of tests, because files share a process: its default service is as in a process that has just begun,
 * so are the globals that servers replace, and its timers are real.
 */
import { setTimeout } from "node:timers";

Reflect.deleteProperty(globalThis, Symbol.for("sse-service.default.v1"));

// A server of @hono/node-server puts classes of its own in their place, for all. Of its Response, that server does not see
// that it is RESPONSE_ALREADY_SENT, which a later file imports.
const FIRST = Symbol.for("sse-service.globals of a fresh process");
const replaceable = ["Request", "Response"].map(
	(name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
);
const first: typeof replaceable = Reflect.get(globalThis, FIRST) ?? replaceable;
Reflect.set(globalThis, FIRST, first);
for (const [name, descriptor] of first) {
	if (descriptor !== undefined) Object.defineProperty(globalThis, name, descriptor);
}

// Restoring a spy on a fake timer after the real timers are back reinstalls the fake one, and no timer fires from then on.
if (globalThis.setTimeout !== setTimeout)
	throw new Error("an earlier file of this process has left a setTimeout of its own");
