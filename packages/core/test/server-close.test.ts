/**
 * `closeWith`: the end of servers, for services and apps.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import type http from "node:http";
import { createServer } from "node:http";
import http2 from "node:http2";
import net from "node:net";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
	eventually,
	measureIdle,
	openStream,
	type Protocol,
	settled,
	startServer,
	type TestServer,
} from "@sse-service/testing";
import { stopDrainClock } from "@sse-service/testing/drain-clock";
import { afterEach, describe, expect, it } from "vitest";
import { createAppStreams } from "../src/adapter.js";
import { createSSEService, isSSEError, type SSEService } from "../src/index.js";

type Host = Pick<SSEService, "connect" | "close" | "closeWith">;

const servers: TestServer[] = [];

afterEach(async () => {
	await Promise.all(servers.splice(0).map((server) => server.destroy()));
});

/** A server that opens streams by `host` and ends them when it closes. */
async function serve(host: Host, protocol?: Protocol): Promise<TestServer> {
	const server = await startServer((req, res) => {
		try {
			host.connect({ req, res });
		} catch (error) {
			if (!isSSEError(error)) throw error;
			res.writeHead(error.statusCode ?? 500, { ...error.headers }).end();
		}
	}, protocol);
	servers.push(server);
	host.closeWith(server.server);
	return server;
}

/** On another port: the one before may belong to another process by now. */
async function listenAgain({ server }: TestServer): Promise<number> {
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return (server.address() as net.AddressInfo).port;
}

function open(server: TestServer) {
	return openStream(server.url, { http2: server.protocol.startsWith("http2") });
}

describe.each([
	["a service", (sse: SSEService): Host => sse],
	["an app", (sse: SSEService): Host => createAppStreams({ service: sse })],
])("%s", (_name, hostOf) => {
	it.each(["http", "https", "http2", "http2-tls"] as const)(
		"ends its streams when its %s server closes",
		async (protocol) => {
			const sse = createSSEService();
			const server = await serve(hostOf(sse), protocol);
			const stream = await open(server);
			sse.send("all", "last");
			await server.close();
			expect(await stream.ended).toBe(true);
			expect(stream.events).toEqual([{ data: "last" }]);
			expect(sse.stats().closes).toEqual({ shutdown: 1 });
		},
	);

	// All of them were ended, and for good.
	it.each(["http", "https", "http2", "http2-tls"] as const)(
		"ends with one of two %s servers the streams on it, and continues with the other",
		async (protocol) => {
			const sse = createSSEService({ drainMs: 200 });
			const host = hostOf(sse);
			const [one, other] = [await serve(host, protocol), await serve(host, protocol)];
			const streams = [await open(one), await open(one)];
			const onOther = await open(other);
			await one.close();
			for (const stream of streams) {
				expect(await stream.ended).toBe(true);
				// A drain tells them when to reconnect.
				expect(stream.retries).toHaveLength(1);
			}
			const late = await open(other);
			expect(sse.send("all", "still here")).toBe(2);
			expect([await late.take(1), await onOther.take(1)]).toEqual([
				[{ data: "still here" }],
				[{ data: "still here" }],
			]);
			await other.close();
			expect(await Promise.all([late.ended, onOther.ended])).toEqual([true, true]);
		},
	);

	it("refuses streams on a server that is closing, with Retry-After, and none once it listens again", async () => {
		const sse = createSSEService({ drainMs: 600_000 });
		const host = hostOf(sse);
		const [one, other] = [await serve(host), await serve(host)];
		const streams = [await open(one), await open(one), await open(other)];
		const late = net.connect(one.port, "127.0.0.1");
		late.setEncoding("utf8").write("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n");
		await eventually(() => [...one.sockets].filter(({ bytesRead }) => bytesRead > 0).length === 3);
		const closed = once(one.server, "close");
		one.server.close();
		late.end("\r\n");
		const [answer] = await settled(once(late, "data"), "the answer");
		expect(answer).toMatch(/^HTTP\/1.1 503 .*\r\nRetry-After: 600\r\n/s);
		for (const stream of streams.slice(0, 2)) stream.abort();
		await closed;
		const port = await listenAgain(one);
		expect((await openStream(`http://127.0.0.1:${port}`)).status).toBe(200);
		expect(sse.send("all", "both")).toBe(2);
	});

	it("closes for good with the last open server, whatever happens to servers that never opened", async () => {
		const sse = createSSEService();
		const host = hostOf(sse);
		const server = await serve(host);
		host.closeWith(createServer());
		await open(server);
		await server.close();
		const later = await serve(host);
		expect((await open(later)).status).toBe(503);
	});

	it("is not cut short by the end of its server during a drain", async () => {
		const drainUntil = stopDrainClock();
		const sse = createSSEService();
		const host = hostOf(sse);
		const server = await serve(host);
		const streams = [await open(server), await open(server), await open(server)];
		const closed = host.close({ drainMs: 600 });
		server.server.close();
		await drainUntil(() => sse.stats().connections < 3);
		expect(sse.send("all", "meanwhile")).toBe(2);
		for (const stream of streams) stream.abort();
		await closed;
	});

	it("ends a socket whose request is answered after the close has begun, and keeps sockets alive once it listens again", async () => {
		const host = hostOf(createSSEService());
		const waiting: http.ServerResponse[] = [];
		const server = await startServer((_, res) => waiting.push(res));
		servers.push(server);
		host.closeWith(server.server);
		const get = async (port: number): Promise<net.Socket> => {
			const socket = net.connect(port, "127.0.0.1").setEncoding("utf8");
			socket.write("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
			await eventually(() => waiting.length > 0);
			return socket;
		};
		const late = await get(server.port);
		const closed = once(server.server, "close");
		const idle = measureIdle();
		server.server.close();
		waiting.pop()?.end("late");
		const [answer] = await settled(once(late, "data"), "the answer");
		expect(answer).toMatch(/late/);
		await closed;
		expect(idle()).toBeLessThan(2_000);

		const kept = await get(await listenAgain(server));
		waiting.pop()?.end("again");
		const [again] = await settled(once(kept, "data"), "the answer");
		expect(again).toMatch(/Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n/);
		kept.destroy();
	});

	// Each saved what another had set.
	it("leaves keepAliveTimeout as it was, and adds no listeners, whatever else ends with its server, and however often", async () => {
		const [first, ...others] = Array.from({ length: 6 }, () => hostOf(createSSEService()));
		const server = await serve(first as Host);
		const listeners = (): number[] =>
			server.server.eventNames().map((name) => server.server.listenerCount(name));
		const byOne = listeners();
		for (const host of others) host.closeWith(server.server);
		expect(listeners()).toEqual(byOne);
		const { keepAliveTimeout } = server.server as http.Server;
		// Another server keeps the service open.
		await serve(first as Host);
		for (let round = 0; round < 3; round++) {
			await server.close();
			await listenAgain(server);
			expect((server.server as http.Server).keepAliveTimeout).toBe(keepAliveTimeout);
			expect(listeners()).toEqual(byOne);
		}
	});

	it("ends a socket that never completes the head of its request after closeTimeoutMs", async () => {
		const host = hostOf(createSSEService({ closeTimeoutMs: 50 }));
		const server = await serve(host);
		const slow = net.connect(server.port, "127.0.0.1").on("error", () => {});
		slow.write("GET / HTTP/1.1\r\nHo");
		await eventually(() => [...server.sockets].some(({ bytesRead }) => bytesRead > 0));
		const dripping = setInterval(() => slow.write("s"), 10);
		await settled(server.close(), "the server to close").finally(() => clearInterval(dripping));
	});

	it.each(["https", "http2-tls"] as const)(
		"ends a socket that never completes its handshake with an %s server, and lets requests complete",
		async (protocol) => {
			const host = hostOf(createSSEService({ closeTimeoutMs: 50 }));
			const answers: (() => void)[] = [];
			const server = await startServer((_, res) => answers.push(() => res.end("done")), protocol);
			servers.push(server);
			host.closeWith(server.server);
			const answered = openStream(server.url, { http2: protocol === "http2-tls" });
			await eventually(() => answers.length === 1);
			const slow = net.connect(server.port, "127.0.0.1").on("error", () => {});
			const ended = once(slow.resume(), "close");
			// The header of a record that does not come.
			slow.write(Buffer.from([22, 3, 1, 0, 165, 1]));
			await eventually(() => [...server.sockets].some(({ bytesRead }) => bytesRead === 6));
			const closed = server.close();
			await settled(ended, "the end of the slow socket");
			answers[0]?.();
			expect((await answered).status).toBe(200);
			await settled(closed, "the server to close");
		},
	);

	it.each(["http2", "http2-tls"] as const)(
		"ends idle sessions of an %s server",
		async (protocol) => {
			const host = hostOf(createSSEService());
			const server = await startServer((_, res) => res.end("done"), protocol);
			servers.push(server);
			host.closeWith(server.server);
			const session = http2.connect(server.url, { rejectUnauthorized: false });
			const request = session.request({ ":path": "/" });
			await settled(once(request.resume(), "end"), "the answer");
			const ended = once(session, "close");
			await settled(server.close(), "the server to close");
			await ended;
		},
	);

	it("ends sockets that were opened ahead of a request", async () => {
		const host = hostOf(createSSEService());
		const server = await serve(host);
		const ahead = net.connect(server.port, "127.0.0.1").resume();
		const ended = once(ahead, "close");
		await once(server.server, "connection");
		await settled(server.close(), "the server to close");
		await ended;
	});
});

it("is the end of every service and app on the server", async () => {
	const services = [createSSEService(), createSSEService()];
	const hosts: Host[] = [...services, createAppStreams({ service: createSSEService() })];
	const server = await startServer((req, res) => {
		hosts[Number(req.url?.slice(1))]?.connect({ req, res });
	});
	servers.push(server);
	for (const host of hosts) host.closeWith(server.server);
	const streams = await Promise.all(hosts.map((_, of) => openStream(`${server.url}/${of}`)));
	await settled(server.close(), "the server to close");
	expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual([true, true, true]);
	expect(services.map((sse) => sse.health().ready)).toEqual([false, false]);
});

// It stayed there, with its service, for as long as the server.
it("forgets services that have closed once another one comes", async () => {
	const server = createServer();
	setFlagsFromString("--expose-gc");
	const collect: () => void = runInNewContext("gc");
	let gone = 0;
	const registry = new FinalizationRegistry(() => gone++);
	const add = async (): Promise<void> => {
		const sse = createSSEService();
		registry.register(sse, undefined);
		sse.closeWith(server);
		await sse.close();
	};
	await add();
	createSSEService().closeWith(server);
	await eventually(() => {
		collect();
		return gone > 0;
	});
});

// Node closes each server of a worker, which waited for open streams forever.
it("a worker of a cluster ends by worker.disconnect() while streams are open", async () => {
	const primary = fork(join(import.meta.dirname, "cluster.mjs"));
	try {
		const [url] = await settled(once(primary, "message"), "the worker to listen");
		const stream = await openStream(String(url));
		const ended = once(primary, "exit");
		primary.send("disconnect");
		expect(await settled(stream.ended, "the stream to end")).toBe(true);
		expect(await settled(ended, "the worker to end")).toEqual([0, null]);
	} finally {
		primary.kill("SIGKILL");
	}
});
