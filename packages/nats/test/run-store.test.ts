/**
 * The claims of every run store, over each client library.
 */
import { natsServerPath, startNatsServer } from "@sse-service/testing/nats-server";
import { describeRunStore } from "@sse-service/testing/run-store";
import { afterAll, beforeAll, describe } from "vitest";
import { natsRunStore } from "../src/index.js";
import { CLIENTS, type NatsServer, newPrefix, type TestConnection } from "./nats.js";

describe.skipIf(natsServerPath === undefined).each(CLIENTS)("over %s", (_name, connect) => {
	let server: NatsServer;
	let connection: TestConnection;
	let prefix = newPrefix();

	beforeAll(async () => {
		server = await startNatsServer();
		connection = await connect(server.port);
	});
	afterAll(async () => {
		await connection.close();
		await server.stop();
	});

	describeRunStore("in NATS", {
		open: async () => natsRunStore({ connection, prefix }),
		close: async () => {
			prefix = newPrefix();
		},
	});
});
