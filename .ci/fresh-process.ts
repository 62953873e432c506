/**
 * Set up before each file of tests, because files share a process: its default service is as in a process that has just begun.
 */
Reflect.deleteProperty(globalThis, Symbol.for("sse-service.default.v1"));
