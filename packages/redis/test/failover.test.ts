/**
 * A batch that was not answered is sent again, with the same tags, to the replica that took over. If the replica had lost events
 * and stored others in their place, sequence and own tag are the same as before: only the chain of tags shows the difference.
 */
import { openStream, startServer, type TestStream } from "@sse-service/testing";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import type { ServerProcess } from "@sse-service/testing/server-process";
import { startTcpProxy, type TcpProxy } from "@sse-service/testing/tcp-proxy";
import { createSSEService, type SSEService } from "sse-service";
import { describe, expect, it, onTestFinished } from "vitest";
import { clientOf } from "../src/clients/detect-client.js";
import { redisEventLog } from "../src/index.js";
import { openClient } from "./clients.js";
import { until } from "./lab.js";

const HEAD = "{sse}:head";

interface Member {
	readonly sse: SSEService;
	readonly proxy: TcpProxy;
	open(lastEventId?: string): Promise<TestStream>;
}

async function startMember(server: ServerProcess): Promise<Member> {
	const proxy = await startTcpProxy(server.port);
	const { client, close } = await openClient("node-redis 6", proxy.port);
	const sse = createSSEService({ eventLog: redisEventLog({ client }), publishTimeoutMs: 0 });
	const http = await startServer((req, res) => void sse.connect({ req, res }));
	onTestFinished(async () => {
		await sse.close();
		await http.destroy();
		close();
		await proxy.close();
	});
	await until(async () => sse.health().ready);
	return {
		sse,
		proxy,
		open: async (lastEventId) => {
			const headers = lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId };
			return openStream(http.url, { headers });
		},
	};
}

async function call(server: ServerProcess, ...command: string[]): Promise<unknown> {
	const { client, close } = await openClient("ioredis 6", server.port);
	try {
		return await clientOf(client).call(command, "");
	} finally {
		close();
	}
}

const newest = async (server: ServerProcess): Promise<number> =>
	Number(await call(server, "HGET", HEAD, "sequence"));

/** Data, and gaps by their reason. */
function seen({ events }: TestStream): string[] {
	return events.map(({ event, data }) =>
		event === "gap" ? `gap ${JSON.parse(data).reason}` : data,
	);
}

function lastIdOf({ text }: TestStream): string {
	return [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? "";
}

/**
 * "1" is on both servers. The primary stores "lost", which it acknowledges, and "again", which it does not; both are delivered.
 * Then the replica takes over, and stores "new" before "again" is sent to it.
 */
async function failOver() {
	const primary = await startRedisServer();
	const replica = await startRedisServer();
	onTestFinished(async () => {
		await primary.stop();
		await replica.stop();
	});
	await call(replica, "REPLICAOF", "127.0.0.1", `${primary.port}`);
	const [reading, sending, other] = [
		await startMember(primary),
		await startMember(primary),
		await startMember(primary),
	];
	await other.sse.publish("all", "1");
	// Services tell each other something as well, which takes numbers.
	const stored = await newest(primary);
	await until(async () => (await newest(replica)) >= stored);
	const stream = await reading.open();
	const left = await reading.open();
	await until(async () => stream.text.includes("id: v1.") && left.text.includes("id: v1."));

	// From here on the replica is behind.
	await call(replica, "REPLICAOF", "NO", "ONE");
	await other.sse.publish("all", "lost");
	sending.proxy.mute("back");
	const again = sending.sse.publish("all", "again");
	for (const each of [stream, left]) await each.until(() => seen(each).includes("again"));
	left.abort();

	const all = [reading, sending, other];
	for (const { proxy } of all) {
		proxy.isShut = true;
		proxy.target = replica.port;
	}
	await primary.kill("SIGKILL");
	for (const { proxy } of all) proxy.cut();
	other.proxy.isShut = false;
	await other.sse.publish("all", "new");
	sending.proxy.isShut = false;
	await again;
	reading.proxy.isShut = false;
	await until(async () => all.every(({ sse }) => sse.health().ready));
	return { reading, sending, other, stream, leftAt: lastIdOf(left) };
}

describe.skipIf(redisServerPath === undefined)("after a failover", () => {
	it("a client that stayed connected gets what took the place of a lost event, or a gap", async () => {
		const { other, stream } = await failOver();
		await other.sse.publish("all", "last");
		await stream.until(() => seen(stream).includes("last"));
		expect(seen(stream)).toEqual(["lost", "again", "gap diverged", "last"]);
	});

	it("a client that reconnects to another process gets it, too, or a gap", async () => {
		const { other, leftAt } = await failOver();
		const stream = await other.open(leftAt);
		await other.sse.publish("all", "last");
		await stream.until(() => seen(stream).includes("last"));
		expect(seen(stream)).toEqual(["gap diverged", "last"]);
	});
});
