/**
 * One nats-server for the tests of a file, and connections of either client to it.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTransport } from "@nats-io/transport-node";
import { startNatsServer } from "@sse-service/testing/nats-server";
import { connect as connectNats } from "nats";
import { onTestFinished } from "vitest";
import type { NatsConnection } from "../src/index.js";

/** A connection, and how a test asks JetStream itself. */
export interface TestConnection extends NatsConnection {
	close(): Promise<void>;
	flush(): Promise<void>;
	request(subject: string, payload?: string): Promise<{ readonly data: Uint8Array }>;
	stats(): { readonly inMsgs: number };
}

export type Connect = (port: number, options?: object) => Promise<TestConnection>;

const options = (port: number, more: object): object => ({
	servers: `127.0.0.1:${port}`,
	reconnectTimeWait: 20,
	maxReconnectAttempts: -1,
	...more,
});

/** Each client, by the name and the version it is installed in. */
export const CLIENTS: readonly (readonly [name: string, connect: Connect])[] = [
	["@nats-io/transport-node 3", (port, more = {}) => connectTransport(options(port, more))],
	["nats 2", (port, more = {}) => connectNats(options(port, more))],
];

/** A connection that is closed with the test. */
export async function connectFor(
	connect: Connect,
	port: number,
	options = {},
): Promise<TestConnection> {
	const connection = await connect(port, options);
	onTestFinished(() => connection.close());
	return connection;
}

export type NatsServer = Awaited<ReturnType<typeof startNatsServer>>;

/** Ask JetStream. @throws what it answers as an error */
export async function askJetStream(
	connection: TestConnection,
	subject: string,
	body: object = {},
): Promise<Record<string, unknown>> {
	const { data } = await connection.request(`$JS.API.${subject}`, JSON.stringify(body));
	const answer = JSON.parse(new TextDecoder().decode(data));
	if (answer.error !== undefined) throw new Error(`${subject}: ${answer.error.description}`);
	return answer;
}

/** A server with a configuration of its own, for one test. */
export async function startConfigured(config: string): Promise<NatsServer> {
	const folder = mkdtempSync(join(tmpdir(), "sse-nats-"));
	const file = join(folder, "nats.conf");
	writeFileSync(file, config);
	const started = await startNatsServer({ args: ["--config", file] });
	onTestFinished(async () => {
		await started.stop();
		rmSync(folder, { recursive: true });
	});
	return started;
}

let prefixes = 0;

/** Of a log that has nothing to do with those before it. */
export function newPrefix(): string {
	return `TEST${++prefixes}`;
}
