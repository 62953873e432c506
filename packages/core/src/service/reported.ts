/**
 * What the documented functions of 1.x do with errors. A program written for 1.x catches nothing, because nothing threw, and an
 * error that nobody catches in a handler of `node:http`, or in an `async` one of Express 4, ends the process. So no request may
 * make these functions throw.
 */
import { isSSEError, type SSEError } from "../checks/errors.js";
import type { ErrorStage } from "../types/callbacks.js";
import type { InnerService } from "./inner-service.js";

/**
 * Runs a call. An error that a request can cause goes to `onError`, and the result is that of `refused`.
 *
 * @throws the other errors, which are mistakes in the program, and what `refused` throws
 */
export function orReported<T>(
	service: Pick<InnerService, "onError">,
	stage: ErrorStage,
	call: () => T,
	refused: (error: SSEError) => T,
): T {
	try {
		return call();
	} catch (error) {
		if (!isSSEError(error) || error.statusCode === undefined) throw error;
		const result = refused(error);
		service.onError(error, stage);
		return result;
	}
}
