/**
 * The target of a run: what it is sent to, for each kind of reader.
 */
import { respond } from "../service/respond.js";
import type { SSEService } from "../service/service-types.js";
import { lastEventIdOf, lastEventIdOfFetch } from "../sink/last-event-id.js";
import { nodeObjectsOf } from "../sink/node-objects.js";
import type { SSEConnection } from "../types/connection.js";
import type { FetchRunReader, RunCodec, RunReader } from "./run-types.js";

export interface RunTarget {
	/** The position that the client sent. */
	readonly lastEventId: string | undefined;
	/** Opens the stream. @throws like `connect` */
	open(codec: RunCodec): SSEConnection;
	/** Answers with 204, so that an EventSource does not reconnect. */
	answerNothing(): void;
}

export function targetOf(reader: RunReader, service: Pick<SSEService, "connect">): RunTarget {
	const { connection } = Object(reader) as { readonly connection?: Partial<SSEConnection> };
	// A request of Node by itself has a `connection`, too: its socket.
	if (isConnection(connection)) {
		return {
			lastEventId: connection.lastOwnId,
			open: () => connection,
			answerNothing: () => connection.close(),
		};
	}
	const { req, res, ...params } = Object(reader) as Extract<RunReader, { req: unknown }>;
	const { request, response } = nodeObjectsOf(req, res);
	return {
		lastEventId: lastEventIdOf(request),
		open({ headers }) {
			const { groups = [], originalResHeaders } = params;
			const all = { ...originalResHeaders, ...headers };
			return service.connect({ ...params, req, res, groups, originalResHeaders: all }).connection;
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

export function fetchTargetOf(
	reader: FetchRunReader,
	service: Pick<SSEService, "connect">,
): FetchRunTarget {
	const { request, ...params } = isRequest(reader) ? { request: reader } : reader;
	let response: Response | undefined;
	return {
		lastEventId: lastEventIdOfFetch(request),
		open({ headers: own }) {
			const headers = new Headers(params.headers);
			for (const [name, value] of Object.entries(own ?? {})) headers.set(name, value);
			const { groups = [], ...others } = params;
			// `respond` refuses what is no whole service.
			const all = { ...others, groups, headers, service: service as SSEService };
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
