/**
 * A `traceparent`: the trace that an event belongs to. It travels with the event through the log, so that tracers can link the
 * delivery in another process to the `publish`.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */

const FORM = /^00-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/** Reads untrusted input. @returns `undefined` for anything else: a mistake of a tracer must not stop an event */
export function readTraceparent(value: unknown): string | undefined {
	return typeof value === "string" && FORM.test(value) ? value : undefined;
}
