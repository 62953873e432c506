/**
 * A service with `history`, and Ada, a client who leaves and comes back. It ends after each test.
 */
import { eventually, type TestStream } from "@sse-service/testing";
import { afterEach } from "vitest";
import type { SSEService, SSEServiceOptions } from "../src/index.js";
import { dataOf, lastIdOf } from "./received.js";
import { type Opened, type Serving, startService } from "./serving.js";

export const ADA = { clientId: "ada", groups: ["news"] };

interface KeptService {
	readonly sse: SSEService;
	serve(options?: SSEServiceOptions): Promise<void>;
	/** See `Serving`. */
	readonly open: Serving["open"];
	/** All events of a stream, once everything sent so far has arrived. */
	received(stream: TestStream): Promise<string[]>;
	/** @returns the last event ID of the client that leaves */
	leave(opened: Opened): Promise<string>;
	/** Ada connects, receives her position, and leaves. @returns her last event ID */
	comeAndGo(): Promise<string>;
}

/** Makes the service for the tests of this file. */
export function useKeptService(): KeptService {
	let serving: Serving;

	afterEach(async () => {
		await serving.sse.close();
		await serving.server.destroy();
	});

	const open: Serving["open"] = (...client) => serving.open(...client);

	const leave: KeptService["leave"] = async ({ stream, connection }) => {
		const id = lastIdOf(stream);
		stream.abort();
		await eventually(() => connection.closed);
		return id;
	};

	return {
		get sse() {
			return serving.sse;
		},
		serve: async (options) => {
			serving = await startService({ history: true, ...options });
		},
		open,
		received: async (stream) => {
			serving.sse.send("all", "end");
			await stream.until(() => dataOf(stream.events).includes("end"));
			return dataOf(stream.events).filter((data) => data !== "end");
		},
		leave,
		comeAndGo: async () => {
			const opened = await open(ADA);
			await eventually(() => lastIdOf(opened.stream) !== "");
			return leave(opened);
		},
	};
}
