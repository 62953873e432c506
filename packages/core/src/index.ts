/**
 * What applications import.
 */
export {
	connectSSE,
	getAllClientObjs,
	getClientObj,
	getDefaultService,
	sendSSEToAll,
	sendSSEToClient,
	sendSSEToConnection,
	setClientMetadata,
} from "./default-service.js";
export { isSSEError, SSEError, type SSEErrorCode } from "./errors.js";
export { DEFAULT_GROUP } from "./names.js";
export { createSSEService } from "./service.js";
export type {
	AnyEvents,
	CloseReason,
	CommentForm,
	ConnectInfo,
	ConnectionLike,
	ConnectParams,
	ConnectResult,
	DisconnectInfo,
	DocumentedSendOptions,
	ErrorStage,
	Except,
	GroupSize,
	HttpRequest,
	HttpResponse,
	HttpResponseHeaders,
	Meta,
	PipeOptions,
	PipeSource,
	Raw,
	RequestLike,
	ResponseLike,
	SendOptions,
	SlowPolicy,
	SSEClientObjInterface,
	SSEConnection,
	SSEHeaders,
	SSEMessage,
	SSEService,
	SSEServiceOptions,
	SSEStats,
	Target,
} from "./types.js";
