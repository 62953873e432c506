/**
 * The target of a run: what it is sent to, for each kind of reader.
 */

import { SSEError } from "../checks/errors.js";
import type { Connection } from "../connection/connection.js";
import { respond } from "../service/respond.js";
import type { SSEService } from "../service/service-types.js";
import { lastEventIdOf, lastEventIdOfFetch } from "../sink/last-event-id.js";
import { nodeObjectsOf } from "../sink/node-objects.js";
import type { ConnectParams } from "../types/connect.js";
import type { SSEConnection } from "../types/connection.js";
import type { FetchRunReader, FollowOptions, RunCodec, RunReader } from "./run-types.js";

export interface RunTarget {
	/** The position that the client sent. */
	readonly lastEventId: string | undefined;
	/** Opens the stream. @throws like `connect` */
	open(codec: RunCodec): SSEConnection;
	/** Answers with 204, so that an EventSource does not reconnect. */
	answerNothing(): void;
}

/** @throws `ERR_SSE_INVALID_OPTION` for a stream that has ids of an event log */
export function targetOf(reader: RunReader, service: Pick<SSEService, "connect">): RunTarget {
	const { connection } = Object(reader) as { readonly connection?: Partial<SSEConnection> };
	// A request of Node by itself has a `connection`, too: its socket.
	if (isConnection(connection)) {
		const { host } = connection as Partial<Connection>;
		if (host?.hasHistory === true) throw hasOtherIds();
		return {
			lastEventId: connection.lastOwnId,
			open: () => connection,
			answerNothing: () => connection.close(),
		};
	}
	const { req, res, ...params } = Object(reader) as Extract<RunReader, { req: unknown }>;
	checkParams(params);
	const { request, response } = nodeObjectsOf(req, res);
	const entrance = entranceOf(params, service);
	return {
		lastEventId: lastEventIdOf(request),
		open({ headers }) {
			const originalResHeaders = { ...params.originalResHeaders, ...headers };
			const all = { ...params, ...entrance, req, res, originalResHeaders };
			return service.connect(all).connection;
		},
		answerNothing: () => void response.writeHead(204).end(),
	};
}

/** A target that makes its response itself. */
export interface FetchRunTarget extends RunTarget {
	/** The response, once the stream is open or there is nothing to send. */
	readonly response: Response;
}

export function isFetchReader(reader: RunReader | FetchRunReader): reader is FetchRunReader {
	return isRequest(reader) || isRequest((reader as { readonly request?: unknown })?.request);
}

function isConnection(value: Partial<SSEConnection> | undefined): value is SSEConnection {
	return typeof value?.pipe === "function" && "lastOwnId" in value;
}

/** @throws `ERR_SSE_INVALID_OPTION` for a stream that has ids of an event log */
export function fetchTargetOf(
	reader: FetchRunReader,
	service: Pick<SSEService, "connect">,
): FetchRunTarget {
	const { request, ...params } = isRequest(reader) ? { request: reader } : reader;
	checkParams(params);
	const entrance = entranceOf(params, service);
	let response: Response | undefined;
	return {
		lastEventId: lastEventIdOfFetch(request),
		open({ headers: own }) {
			const headers = new Headers(params.headers);
			for (const [name, value] of Object.entries(own ?? {})) headers.set(name, value);
			// `respond` refuses what is no whole service.
			const all = { ...params, ...entrance, headers, service: service as SSEService };
			const opened = respond(request, all);
			response = opened.response;
			return opened.connection as unknown as SSEConnection;
		},
		answerNothing() {},
		get response() {
			return response ?? new Response(null, { status: 204 });
		},
	};
}

/** By what is needed of it: a framework may have a class of its own. */
function isRequest(reader: unknown): reader is Request {
	const { headers } = Object(reader) as { readonly headers?: unknown };
	return typeof (headers as Partial<Headers> | undefined)?.get === "function";
}

const FOLLOW_OPTIONS: readonly (keyof FollowOptions)[] = [
	"from",
	"codec",
	"unknown",
	"lastEventId",
];

/** Here, because an unknown run opens no stream that would refuse them. @throws `ERR_SSE_INVALID_OPTION` for options of `follow` */
function checkParams(params: object): void {
	const misplaced = FOLLOW_OPTIONS.find((each) => each in params);
	if (misplaced === undefined) return;
	const rule = `${misplaced} is no part of a reader, but an option: follow(id, reader, { ${misplaced} })`;
	throw new SSEError("ERR_SSE_INVALID_OPTION", rule);
}

type Entrance = Pick<ConnectParams, "groupName" | "groups" | "standalone">;

/** Where a reader is registered: nowhere, unless it names a group, so that it receives the run and nothing else. */
function entranceOf(
	{ groupName, groups, standalone }: Entrance,
	service: Pick<SSEService, "connect">,
): Entrance {
	const isNamed = groupName !== undefined || groups !== undefined;
	if (!isNamed && standalone === undefined) return { standalone: true };
	if (standalone === true) return { standalone };
	if ((service as Partial<SSEService>).stats?.().history !== undefined) throw hasOtherIds();
	return { groups: groups === undefined ? [] : groups };
}

/** Everything that a service with history sends has an id of its log, heartbeats too: a client would lose its place in the run. */
function hasOtherIds(): SSEError {
	const rule = "A run's stream must be standalone and in no group if its service has history";
	return new SSEError("ERR_SSE_INVALID_OPTION", rule);
}
