/**
 * The failure of an engine, as applications receive it.
 */
import { isSSEError, SSEError } from "../checks/errors.js";
import type { LogEngine } from "./log-engine.js";

/** Converts what an engine rejects with into the error that applications receive. */
export function failed({ name }: LogEngine, cause: unknown): SSEError {
	if (isSSEError(cause)) {
		const { code, message, statusCode } = cause;
		const isTimeout = code === "ERR_SSE_TIMEOUT" && statusCode === undefined;
		return isTimeout ? new SSEError(code, message, { statusCode: 503, cause }) : cause;
	}
	const why = cause instanceof Error ? cause.message : String(cause);
	return new SSEError("ERR_SSE_LOG_FAILED", `${name} failed: ${why}`, { cause });
}

/** @throws (rejects) the error that applications receive */
export async function orFailed<T>(engine: LogEngine, promise: Promise<T>): Promise<T> {
	try {
		return await promise;
	} catch (error) {
		throw failed(engine, error);
	}
}
