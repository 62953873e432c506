/**
 * A real sse-service on a server of its own, and what the tests of a client watch.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { startServer, type TestServer } from "@sse-service/testing";
import { createSSEService, isSSEError, type SSEService, type SSEServiceOptions } from "sse-service";
import { onTestFinished } from "vitest";
import {
	type AnyEvents,
	type EventMap,
	type EventStream,
	openStream,
	type StreamOptions,
	type StreamState,
} from "../src/index.js";

export interface Serving {
	readonly sse: SSEService;
	readonly server: TestServer;
	/** The requests so far. */
	readonly requests: IncomingMessage[];
}

type Intercept = (req: IncomingMessage, res: ServerResponse, count: number) => boolean | undefined;

/** Run when the test has ended, what was added last first. A hook here would be one of the first file that loads this. */
export function atEnd(close: () => unknown): void {
	onTestFinished(async () => void (await close()));
}

/** `intercept` may answer a request itself, and says so by `true`. */
export async function serve(
	options: SSEServiceOptions = {},
	intercept: Intercept = () => undefined,
): Promise<Serving> {
	const sse = createSSEService(options);
	const requests: IncomingMessage[] = [];
	const server = await startServer((req, res) => {
		requests.push(req);
		if (intercept(req, res, requests.length) === true) return;
		try {
			sse.connect({ req, res });
		} catch (error) {
			if (!isSSEError(error)) throw error;
			res.writeHead(error.statusCode ?? 500).end(error.code);
		}
	});
	atEnd(async () => {
		await sse.close();
		await server.destroy();
	});
	return { sse, server, requests };
}

/** A stream that is closed when the test has ended. */
export function open<Events extends EventMap = AnyEvents>(
	url: string,
	options?: StreamOptions<Events>,
): EventStream<Events> {
	const stream = openStream<Events>(url, options);
	atEnd(() => stream.close());
	return stream;
}

/** Resolves at this state. */
export function untilState(
	stream: Pick<EventStream, "state" | "onState">,
	state: StreamState,
): Promise<void> {
	if (stream.state === state) return Promise.resolve();
	return new Promise((resolve) => {
		const off = stream.onState((now) => {
			if (now !== state) return;
			off();
			resolve();
		});
	});
}
