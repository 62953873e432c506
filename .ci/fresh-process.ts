/**
 * Set up before each file of tests, because files share a process: its default service is as in a process that has just begun,
 * and its timers are real.
 */
import { setTimeout } from "node:timers";

Reflect.deleteProperty(globalThis, Symbol.for("sse-service.default.v1"));

// Restoring a spy on a fake timer after the real timers are back reinstalls the fake one, and no timer fires from then on.
if (globalThis.setTimeout !== setTimeout)
	throw new Error("an earlier file of this process has left a setTimeout of its own");
