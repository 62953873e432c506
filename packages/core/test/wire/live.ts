/**
 * A service on a real server, of which a test has both ends: the connection and the stream it arrives as.
 */
import http from "node:http";
import {
	eventually,
	type OpenOptions,
	openStream,
	type Protocol,
	settled,
	startServer,
	type TestStream,
} from "@sse-service/testing";
import {
	type ConnectParams,
	type ConnectResult,
	createSSEService,
	type SSEConnection,
	type SSEService,
	type SSEServiceOptions,
} from "../../src/index.js";

export interface Live {
	readonly service: SSEService;
	readonly url: string;
	/** Open a stream, read with eventsource-parser. */
	open(
		params?: Partial<ConnectParams>,
		options?: OpenOptions,
	): Promise<{ readonly connection: SSEConnection; readonly stream: TestStream }>;
	/** The bytes of a whole stream: what the service opens it with, and what `send` has sent to it. */
	record(send: (connection: SSEConnection) => unknown): Promise<Buffer>;
	/** The next connection that is opened, by any request. */
	next(): Promise<SSEConnection>;
	close(): Promise<void>;
}

/** Nothing continues a stream but what the test sends, however much that is. */
export const QUIET: SSEServiceOptions = {
	heartbeatIntervalMs: 0,
	maxBufferedBytes: Number.POSITIVE_INFINITY,
};

export interface LiveOptions {
	readonly protocol?: Protocol;
	/** Default: one with options `QUIET`. */
	readonly service?: SSEService;
	/** Default: the service's. */
	readonly connect?: (params: ConnectParams) => ConnectResult;
}

export async function startLive({
	protocol = "http",
	service = createSSEService(QUIET),
	connect = (params) => service.connect(params),
}: LiveOptions = {}): Promise<Live> {
	const connections: SSEConnection[] = [];
	let params: Partial<ConnectParams> = {};
	let taken = 0;
	const server = await startServer((req, res) => {
		connections.push(connect({ req, res, ...params }).connection);
	}, protocol);

	const next = async (): Promise<SSEConnection> => {
		const index = taken++;
		await eventually(() => connections.length > index, "a connection");
		return connections[index] as SSEConnection;
	};
	return {
		service,
		url: server.url,
		next,
		open: async (given = {}, openOptions = {}) => {
			params = given;
			const stream = await openStream(server.url, {
				...openOptions,
				http2: protocol.startsWith("http2"),
			});
			params = {};
			return { connection: await next(), stream };
		},
		record: async (send) => {
			const bytes = readBytes(server.url);
			const connection = await next();
			await send(connection);
			connection.close();
			return bytes;
		},
		close: async () => {
			for (const connection of connections) connection.close();
			await server.destroy();
		},
	};
}

/** The body of a response as it came, once it has ended. */
function readBytes(url: string): Promise<Buffer> {
	const read = new Promise<Buffer>((resolve, reject) => {
		const request = http.get(url, { agent: false }, (response) => {
			const chunks: Buffer[] = [];
			response.on("data", (chunk: Buffer) => chunks.push(chunk));
			response.on("end", () => resolve(Buffer.concat(chunks)));
			response.on("error", reject);
		});
		request.on("error", reject);
	});
	return settled(read, `the end of ${url}`);
}
