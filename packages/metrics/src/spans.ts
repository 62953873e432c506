/**
 * Spans of OpenTelemetry: one for each `publish`, and one for each fan-out of its event, in every process, linked to it. The
 * event carries the trace through the log as a `traceparent`.
 */
import { subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import {
	isSpanContextValid,
	type Span,
	type SpanContext,
	SpanKind,
	SpanStatusCode,
	TraceFlags,
	type Tracer,
	trace,
} from "@opentelemetry/api";
import { optional, readOptions } from "sse-service/engine";
import { having, type MetricsOptions, SERVICES, servicesIn } from "./options.js";

/** What to trace, and with which tracer. */
export interface SpansOptions {
	/** The service, or several. Default: every service of this process. */
	readonly service?: MetricsOptions["service"] | undefined;
	/** Default: `trace.getTracer("sse-service")`, so set the global tracer provider first. */
	readonly tracer?: Tracer | undefined;
}

interface Published {
	readonly service: object;
	readonly options: { readonly event?: string | undefined } | undefined;
	readonly result?: { readonly id: string } | undefined;
	readonly error?: unknown;
	traceparent?: string;
}

interface Delivered {
	readonly service: object;
	readonly connections: number;
	readonly byteLength: number;
	readonly durationMs: number;
	readonly traceparent: string | undefined;
}

/**
 * Begins to trace. Deliveries get a span only if their `publish` was sampled.
 *
 * @returns a function that ends tracing
 * @throws `ERR_SSE_INVALID_OPTION`
 */
export function openTelemetrySpans(options: SpansOptions = {}): () => void {
	const rules = {
		service: [undefined, optional(SERVICES)],
		tracer: [undefined, having("startSpan", "a Tracer of OpenTelemetry")],
	} as const;
	const { tracer = trace.getTracer("sse-service"), ...given } = readOptions<SpansOptions>(
		options,
		rules,
	);
	const services = given.service && new Set<object>(servicesIn(given.service));
	const isOurs = (of: object): boolean => services?.has(of) ?? true;
	const spans = new WeakMap<object, Span>();

	const onStart = (message: Published): void => {
		if (!isOurs(message.service)) return;
		const span = tracer.startSpan("sse publish", {
			kind: SpanKind.PRODUCER,
			attributes: {
				"messaging.system": "sse-service",
				"sse.event": message.options?.event ?? "message",
			},
		});
		spans.set(message, span);
		const context = span.spanContext();
		if (isSpanContextValid(context)) message.traceparent = encodeTraceparent(context);
	};
	const onEnd = (message: Published): void => {
		const span = spans.get(message);
		if (span === undefined) return;
		const { result } = message;
		if (result !== undefined) span.setAttribute("messaging.message.id", result.id);
		if ("error" in message) {
			// Anything can be thrown, `null` as well.
			const { error } = message;
			const exception = error instanceof Error ? error : new Error(`Not an error: ${typeof error}`);
			span.recordException(exception);
			span.setStatus({ code: SpanStatusCode.ERROR, message: exception.message });
		}
		span.end();
	};
	const onDeliver = ({ traceparent, durationMs, ...delivered }: Delivered): void => {
		const context = traceparent === undefined ? undefined : decodeTraceparent(traceparent);
		if (context === undefined || !isOurs(delivered.service)) return;
		if ((context.traceFlags & TraceFlags.SAMPLED) === 0) return;
		const endTime = Date.now();
		tracer
			.startSpan("sse deliver", {
				root: true,
				kind: SpanKind.CONSUMER,
				startTime: endTime - durationMs,
				links: [{ context }],
				attributes: {
					"messaging.system": "sse-service",
					"sse.connections": delivered.connections,
					"sse.bytes": delivered.byteLength,
				},
			})
			.end(endTime);
	};

	const { start, asyncEnd } = tracingChannel<unknown, object>("sse-service:publish");
	start.subscribe(onStart as () => void);
	asyncEnd.subscribe(onEnd as () => void);
	const listener = (message: unknown): void => onDeliver(message as Delivered);
	subscribe("sse-service:deliver", listener);
	return () => {
		start.unsubscribe(onStart as () => void);
		asyncEnd.unsubscribe(onEnd as () => void);
		unsubscribe("sse-service:deliver", listener);
	};
}

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
function encodeTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
	return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

function decodeTraceparent(traceparent: string): SpanContext | undefined {
	const [, traceId = "", spanId = "", flags = ""] = traceparent.split("-");
	const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
	return isSpanContextValid(context) ? context : undefined;
}
