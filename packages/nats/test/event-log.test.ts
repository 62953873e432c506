/**
 * The claims of every event log, over both clients.
 */
import { setTimeout } from "node:timers/promises";
import { describeEventLog } from "@sse-service/testing/event-log";
import { natsServerPath, startNatsServer } from "@sse-service/testing/nats-server";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { natsEventLog } from "../src/index.js";
import { purge } from "./mirror.js";
import { CLIENTS, type NatsServer, newPrefix, type TestConnection } from "./nats.js";

describe.skipIf(natsServerPath === undefined).each(CLIENTS)("over %s", (_name, connect) => {
	let server: NatsServer;
	let operator: TestConnection;
	let prefix: string;
	const connections: TestConnection[] = [];

	beforeAll(async () => {
		server = await startNatsServer();
		operator = await connect(server.port);
	});
	afterEach(async () => {
		for (const connection of connections.splice(0)) await connection.close();
	});
	afterAll(async () => {
		await operator?.close();
		await server?.stop();
	});

	describeEventLog("the event log", {
		make: async () => {
			prefix = newPrefix();
			const connection = await connect(server.port);
			connections.push(connection);
			return natsEventLog({ connection, prefix });
		},
		// The server's clock is not ours to set.
		pass: (ms) => setTimeout(ms),
		forget: async () => {
			await purge(operator, prefix);
		},
		isExact: false,
	});
});
