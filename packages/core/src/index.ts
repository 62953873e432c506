/**
 * What applications import.
 *
 * @packageDocumentation
 */

export { isSSEError, SSEError, type SSEErrorCode, type SSEErrorDetails } from "./checks/errors.js";
export { DEFAULT_GROUP } from "./checks/names.js";
export {
	getAllClientObjs,
	getClientObj,
	sendSSEToAll,
	sendSSEToClient,
	sendSSEToConnection,
	setClientMetadata,
} from "./service/default-service.js";
export { connectSSE, createSSEService, getDefaultService } from "./service/node-service.js";
export type { SSEServiceOptions } from "./service/option-types.js";
export type { CloseOptions, SSEService } from "./service/service-types.js";
export type {
	ConnectInfo,
	DisconnectInfo,
	ErrorStage,
	RecoverInfo,
	RecoverSource,
} from "./types/callbacks.js";
export type { ClientPresence, GroupSize, Meta, SSEClientObjInterface } from "./types/client.js";
export type { ConnectParams, ConnectResult } from "./types/connect.js";
export type {
	CloseReason,
	PipeOptions,
	PipeSource,
	PipeToEvent,
	SlowPolicy,
	SSEConnection,
} from "./types/connection.js";
export type { GapReason, GroupHistory, HistoryLimits, HistoryOptions } from "./types/history.js";
export type {
	HttpRequest,
	HttpResponse,
	HttpResponseHeaders,
	HttpServer,
	Raw,
	RequestLike,
	ResponseLike,
	SSEHeaders,
} from "./types/http.js";
export type {
	AnyEvents,
	DocumentedSendOptions,
	EventType,
	MessageData,
	MessageOptions,
	PipedEvent,
	Published,
	PublishMessageOptions,
	PublishOptions,
	RecoveredEvent,
	SendOptions,
	SSEMessage,
} from "./types/message.js";
export type { SSEHealth, SSEStats } from "./types/stats.js";
export type { ConnectionLike, Except, Target } from "./types/target.js";
export type { CommentForm } from "./wire/event-stream.js";
