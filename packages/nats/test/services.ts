/**
 * Services on servers of their own, which share a log in NATS as processes do, each over a connection of its own.
 */
import { eventually, openStream, startServer, type TestStream } from "@sse-service/testing";
import { createSSEService, type SSEService, type SSEServiceOptions } from "sse-service";
import { onTestFinished } from "vitest";
import { type NatsEventLogOptions, natsEventLog } from "../src/index.js";
import type { TestConnection } from "./nats.js";

export interface Serving {
	readonly sse: SSEService;
	readonly prefix: string;
	/** What `onError` received. */
	readonly errors: readonly unknown[];
	/** The client is in the group of its name's first letter, as in the default one. */
	open(clientId: string, lastEventId?: string): Promise<TestStream>;
}

/** Ended with the test, and its connection with it. */
export async function startService(
	connection: TestConnection,
	log: Partial<NatsEventLogOptions> & { readonly prefix: string },
	options: SSEServiceOptions = {},
): Promise<Serving> {
	const errors: unknown[] = [];
	const eventLog = natsEventLog({ connection, ...log });
	const sse = createSSEService({
		heartbeatIntervalMs: 0,
		publishTimeoutMs: 0,
		eventLog,
		onError: (error) => errors.push(error),
		...options,
	});
	const server = await startServer((req, res) => {
		const clientId = req.url?.slice(1) ?? "";
		sse.connect({ req, res, clientId, groups: ["default", clientId.slice(0, 1)] });
	});
	onTestFinished(async () => {
		await sse.close();
		await server.destroy();
		await connection.close();
	});
	const said = (): string => `the log to be open: ${errors.map(String).join("; ")}`;
	await eventually(() => eventLog.position !== undefined, said);
	return {
		sse,
		prefix: log.prefix,
		errors,
		open: async (clientId, lastEventId) => {
			const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
			const stream = await openStream(`${server.url}/${clientId}`, { headers });
			onTestFinished(() => stream.abort());
			// A new client receives its position: everything sent from then on is for it.
			if (lastEventId === undefined) await stream.until(() => stream.text.includes("id: v1."));
			return stream;
		},
	};
}

export function dataOf(events: readonly { readonly data: string }[]): string[] {
	return events.map(({ data }) => data);
}

/** The last event ID of a client, blocks without data included. */
export function lastIdOf({ text }: TestStream): string {
	return [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? "";
}
