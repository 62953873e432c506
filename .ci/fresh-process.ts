/**
 * Set up before each file of tests, because files share a process: its default service is as in a process that has just begun,
 * and its timers are real.
 */
import { setTimeout } from "node:timers";

Reflect.deleteProperty(globalThis, Symbol.for("sse-service.default.v1"));

// A spy on a function of a test's clock that is restored after that clock has gone puts the function back: no timer fires any more.
if (globalThis.setTimeout !== setTimeout)
	throw new Error("an earlier file of this process has left a setTimeout of its own");
