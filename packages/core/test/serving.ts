/**
 * A service on a server of its own, every request to which opens a stream.
 */
import {
	openStream,
	type Protocol,
	startServer,
	type TestServer,
	type TestStream,
} from "@sse-service/testing";
import {
	type ConnectParams,
	createSSEService,
	isSSEError,
	type SSEConnection,
	type SSEService,
	type SSEServiceOptions,
} from "../src/index.js";

export interface Serving {
	readonly sse: SSEService;
	readonly server: TestServer;
	/** In the order in which they opened. */
	readonly connections: readonly SSEConnection[];
	/** Connect a client; its connection is made with these parameters. `onConnected` runs in the turn in which it was. */
	open(
		params?: Partial<ConnectParams>,
		lastEventId?: string,
		onConnected?: (connection: SSEConnection) => unknown,
	): Promise<Opened>;
}

export interface Opened {
	readonly connection: SSEConnection;
	readonly stream: TestStream;
}

/** `paramsOf` receives the path without its slash. A refusal is answered with its status, and its code as plain text. */
export async function startService(
	options: SSEServiceOptions = {},
	paramsOf: (path: string) => Partial<ConnectParams> = () => ({}),
	protocol?: Protocol,
): Promise<Serving> {
	// No heartbeat may appear in compared output, and no event be given up, however long the test takes.
	const patience = options.eventLog === undefined ? {} : { publishTimeoutMs: 0 };
	const sse = createSSEService({ heartbeatIntervalMs: 0, ...patience, ...options });
	const connections: SSEConnection[] = [];
	const opening: {
		readonly params: Partial<ConnectParams>;
		readonly onConnected: ((connection: SSEConnection) => unknown) | undefined;
		connection?: SSEConnection;
	}[] = [];
	const server = await startServer((req, res) => {
		const path = req.url?.slice(1) ?? "";
		const own = path.startsWith("open-") ? opening[Number(path.slice(5))] : undefined;
		try {
			const { connection } = sse.connect({ req, res, ...(own?.params ?? paramsOf(path)) });
			connections.push(connection);
			if (own !== undefined) own.connection = connection;
			own?.onConnected?.(connection);
		} catch (error) {
			if (!isSSEError(error)) throw error;
			const headers = { ...error.headers, "content-type": "text/plain" };
			res.writeHead(error.statusCode ?? 500, headers).end(error.code);
		}
	}, protocol);
	return {
		sse,
		server,
		connections,
		open: async (params = {}, lastEventId, onConnected) => {
			const own: (typeof opening)[number] = { params, onConnected };
			const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
			const url = `${server.url}/open-${opening.push(own) - 1}`;
			const stream = await openStream(url, {
				headers,
				http2: protocol?.startsWith("http2") === true,
			});
			if (own.connection === undefined) throw new Error("not connected");
			return { connection: own.connection, stream };
		},
	};
}
