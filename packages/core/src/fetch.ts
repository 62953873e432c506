/**
 * What applications import whose handlers return a `Response`. Nothing here needs Node's HTTP.
 *
 * @packageDocumentation
 */

export { isSSEError, SSEError, type SSEErrorCode } from "./checks/errors.js";
export { DEFAULT_GROUP } from "./checks/names.js";
export {
	getAllClientObjs,
	getClientObj,
	sendSSEToAll,
	sendSSEToClient,
	sendSSEToConnection,
	setClientMetadata,
} from "./service/default-service.js";
export type { SSEServiceOptions } from "./service/option-types.js";
export { getDefaultService } from "./service/process-default.js";
export {
	type FetchConnection,
	type RespondParams,
	type RespondResult,
	respond,
} from "./service/respond.js";
export { createService as createSSEService } from "./service/service.js";
export type { SSEService } from "./service/service-types.js";
