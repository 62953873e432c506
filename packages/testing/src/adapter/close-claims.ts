/** Claims about closing the app or its server. */
import { AsyncLocalStorage } from "node:async_hooks";
import { expect, it, vi } from "vitest";
import { stopDrainClock } from "../drain-clock.js";
import { measureIdle } from "../idle-time.js";
import { openSocket } from "../socket.js";
import { eventually, settled } from "../waiting.js";
import type { AdapterFixture } from "./adapter-fixture.js";
import type { AdapterContext } from "./adapter-types.js";

export function claimClosing(its: AdapterFixture): void {
	const { events, open, port, start } = its;

	/** A route that opens its stream when told to: `asked` resolves once it is requested. */
	function createLateRoute() {
		let onAsked = (): void => {};
		const asked = new Promise<void>((resolve) => {
			onAsked = resolve;
		});
		let goOn = (): void => {};
		const going = new Promise<void>((resolve) => {
			goOn = resolve;
		});
		const late = async (context: AdapterContext): Promise<void> => {
			onAsked();
			await going;
			await events(context);
		};
		return { late, asked, goOn };
	}

	it("closing the app ends 100 streams in under two seconds, each cleanly", async () => {
		await start();
		const streams = await Promise.all(Array.from({ length: 100 }, () => open()));
		await eventually(() => its.connections.length === 100);
		its.app.service.send("all", "last");
		const idle = measureIdle();
		await its.app.close();
		expect(idle()).toBeLessThan(2_000);
		expect(await Promise.all(streams.map(({ ended }) => ended))).not.toContain(false);
		expect(streams.every(({ events: [last] }) => last?.data === "last")).toBe(true);
		expect(new Set(its.connections.map(({ closeReason }) => closeReason))).toEqual(
			new Set(["shutdown"]),
		);
	});

	it("closing the app with drainMs ends its streams one after another, each with its own reconnection time", async () => {
		const drainUntil = stopDrainClock();
		await start({ drainMs: 600 });
		const one = await open();
		await eventually(() => its.connections.length === 1);
		const other = await open();
		const closed = its.app.close();
		await drainUntil(() => its.app.service.stats().connections === 1);
		expect(await one.ended).toBe(true);
		expect(its.app.service.send("all", "meanwhile")).toBe(1);
		await drainUntil(() => its.app.service.stats().connections === 0);
		expect(await other.ended).toBe(true);
		await closed;
		expect(other.events).toEqual([{ data: "meanwhile" }]);
		expect([one.retries.length, other.retries.length]).toEqual([1, 1]);
	});

	it("a stream requested while the app closes is refused with status 503 and Retry-After", async () => {
		const { late: answerLate, asked, goOn } = createLateRoute();
		const drainUntil = stopDrainClock();
		await start({ drainMs: 1_200, routes: { "/events": events, "/late": answerLate } });
		const streams = [await open(), await open(), await open()];
		const late = open("/late");
		await settled(asked, "the request to arrive");
		const closed = its.app.close();
		await drainUntil(() => its.app.service.stats().connections === 2);
		goOn();
		const refused = await late;
		expect(refused.status).toBe(503);
		expect(refused.headers["retry-after"]).toBe("2");
		expect(await refused.ended).toBe(true);
		expect(refused.headers["content-type"]).not.toBe("text/event-stream");
		expect(its.app.service.stats().connections).toBe(2);
		for (const stream of streams) stream.abort();
		await closed;
	});

	it("closing the app leaves no timer and no listener", async () => {
		const count = (): unknown[] =>
			process.eventNames().map((event) => [event, process.listenerCount(event)]);
		const before = count();
		const started = await timersStartedBy(async () => {
			await start();
			const streams = await Promise.all([open(), open()]);
			its.app.service.send("all", "last");
			await its.app.close();
			await Promise.all(streams.map(({ ended }) => ended));
		});
		expect(count()).toEqual(before);
		// Node's own words for a timer that has not been cleared, nor has run for the last time; those of a millisecond
		// are of `eventually`.
		const left = started.filter((timer) => timer._destroyed === false && timer._idleTimeout > 1);
		expect(left.map(String)).toEqual([]);
	});

	it("a client that keeps its socket alive does not delay the close", async () => {
		await start();
		const client = await openSocket(port(), ["GET /events HTTP/1.1", "Host: 127.0.0.1"]);
		await client.untilText(": open");
		const idle = measureIdle();
		await its.app.close();
		await client.closed;
		expect(idle()).toBeLessThan(2_000);
		// The last chunk of a body that has ended well.
		expect(client.text.endsWith("\r\n0\r\n\r\n")).toBe(true);
	});

	// Node would keep such a socket for 5 s, Fastify for 72.
	it("a request that is answered after the close has begun does not delay it", async () => {
		const { late, asked, goOn } = createLateRoute();
		await start({ routes: { "/late": late } });
		const client = await openSocket(port(), ["GET /late HTTP/1.1", "Host: 127.0.0.1"]);
		await settled(asked, "the request to arrive");
		const idle = measureIdle();
		const closed = its.app.close();
		goOn();
		// A refusal, or a stream that ends at once.
		await client.untilText("\r\n\r\n");
		await closed;
		await client.closed;
		expect(idle()).toBeLessThan(2_000);
	});

	it("a server that is closed without its app, as worker.disconnect() does, ends its streams", async () => {
		await start();
		const stream = await open();
		its.app.service.send("all", "last");
		its.app.server.close();
		expect(await settled(stream.ended, "the stream to end")).toBe(true);
		expect(stream.events).toEqual([{ data: "last" }]);
		await eventually(() => its.connections[0]?.closeReason === "shutdown");
	});
}

/** Timers of other tests in this process, whose sockets still wait for their end, are not among them. */
async function timersStartedBy(act: () => Promise<void>): Promise<readonly Timer[]> {
	const acting = new AsyncLocalStorage<true>();
	const started: Timer[] = [];
	for (const name of ["setInterval", "setTimeout"] as const) {
		const start: (...args: never[]) => unknown = globalThis[name];
		const spied = (...args: never[]): unknown => {
			const timer = start(...args);
			if (acting.getStore() === true) started.push(timer as Timer);
			return timer;
		};
		vi.spyOn(globalThis, name).mockImplementation(spied as never);
	}
	await acting.run(true, act);
	return started;
}

/** As Node has it. */
type Timer = NodeJS.Timeout & { readonly _destroyed: boolean; readonly _idleTimeout: number };
