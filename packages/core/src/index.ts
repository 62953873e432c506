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
export type { CommentForm } from "./event-stream.js";
export type { GroupHistory, HistoryLimits, HistoryOptions } from "./history-types.js";
export { DEFAULT_GROUP } from "./names.js";
export type {
	ErrorStage,
	RecoveredEvent,
	RecoverInfo,
	RecoverSource,
	SlowPolicy,
	SSEServiceOptions,
} from "./option-types.js";
export { createSSEService } from "./service.js";
export type {
	ClientPresence,
	CloseOptions,
	GroupSize,
	Published,
	SSEHealth,
	SSEService,
	SSEStats,
} from "./service-types.js";
export type {
	AnyEvents,
	CloseReason,
	ConnectInfo,
	ConnectionLike,
	ConnectParams,
	ConnectResult,
	DisconnectInfo,
	DocumentedSendOptions,
	Except,
	GapReason,
	HttpRequest,
	HttpResponse,
	HttpResponseHeaders,
	Meta,
	PipeOptions,
	PipeSource,
	PublishOptions,
	Raw,
	RequestLike,
	ResponseLike,
	SendOptions,
	SSEClientObjInterface,
	SSEConnection,
	SSEHeaders,
	SSEMessage,
	Target,
} from "./types.js";
