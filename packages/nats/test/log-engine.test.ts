/**
 * The claims of every engine, over both clients.
 */
import { describeLogEngine } from "@sse-service/testing/log-engine";
import { natsServerPath, startNatsServer } from "@sse-service/testing/nats-server";
import { startTcpProxy, type TcpProxy } from "@sse-service/testing/tcp-proxy";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { NatsEngine } from "../src/nats-engine.js";
import { resolveOptions } from "../src/options.js";
import { purge } from "./mirror.js";
import { askJetStream, CLIENTS, type NatsServer, newPrefix, type TestConnection } from "./nats.js";

describe.skipIf(natsServerPath === undefined).each(CLIENTS)("over %s", (_name, connect) => {
	let server: NatsServer;
	let proxy: TcpProxy;
	let operator: TestConnection;
	const connections: TestConnection[] = [];

	beforeAll(async () => {
		server = await startNatsServer();
		proxy = await startTcpProxy(server.port);
		operator = await connect(server.port);
	});
	afterEach(async () => {
		for (const connection of connections.splice(0)) await connection.close();
	});
	afterAll(async () => {
		await operator?.close();
		await proxy?.close();
		await server?.stop();
	});

	describeLogEngine("the engine", {
		create: () => {
			const prefix = newPrefix();
			return {
				driver: async () => {
					const connection = await connect(proxy.port);
					connections.push(connection);
					return new NatsEngine(resolveOptions({ connection, prefix }));
				},
				lose: async () => {
					for (const name of [prefix, `${prefix}_LATEST`, `${prefix}_POSTS`]) {
						await askJetStream(operator, `STREAM.DELETE.${name}`).catch(() => {});
					}
				},
				trim: async (sequence) => {
					await purge(operator, prefix, sequence);
				},
				cut: async () => proxy.cut(),
			};
		},
	});
});
