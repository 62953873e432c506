/** Claims about one stream: clients that leave, POST, resume, HTTP/2. */
import { expect, it } from "vitest";
import { openBlockedReader } from "../socket.js";
import { eventually } from "../waiting.js";
import { type AdapterFixture, canExist, nobody } from "./adapter-fixture.js";

export function claimStreams(its: AdapterFixture): void {
	const { events, open, port, start } = its;

	it("a client that leaves frees everything, and aborts the handler's signal", async () => {
		await start();
		const stream = await open();
		await eventually(() => its.connections.length === 1);
		stream.abort();
		await eventually(() => its.connections[0]?.signal.aborted === true);
		expect(its.connections[0]?.closeReason).toBe("client");
		expect(its.app.service.stats()).toMatchObject(nobody);
		expect(its.app.errors).toEqual([]);
	});

	it("a client that leaves while it is blocked frees everything", async () => {
		await start();
		const reader = await openBlockedReader(port(), "/events");
		await eventually(() => its.connections.length === 1);
		for (let sent = 0; sent < 40; sent++) its.connections[0]?.send("x".repeat(16_000));
		reader.abort();
		await eventually(() => its.connections[0]?.signal.aborted === true);
		expect(its.app.service.stats()).toMatchObject(nobody);
		expect(its.app.errors).toEqual([]);
	});

	it("a POST whose body was parsed streams, and frees everything when its client leaves", async () => {
		let body: unknown;
		await start({
			use: ["body"],
			routes: {
				"/events": (context) => {
					body = context.body;
					return events(context);
				},
			},
		});
		const headers = { "Content-Type": "application/json" };
		const stream = await open("/events", { method: "POST", headers, body: '{"prompt":"hi"}' });
		expect(body).toEqual({ prompt: "hi" });
		await eventually(() => its.connections.length === 1);
		its.connections[0]?.send("answer");
		expect(await stream.take(1)).toEqual([{ data: "answer" }]);
		stream.abort();
		await eventually(() => its.connections[0]?.signal.aborted === true);
		expect(its.app.service.stats()).toMatchObject(nobody);
	});

	it("a reconnecting client receives what it missed", async () => {
		await start({ history: true });
		const first = await open();
		await eventually(() => its.connections.length === 1);
		its.app.service.send("all", "had");
		await first.take(1);
		const [id = ""] = /(?<=^id: ).*(?=\ndata: had$)/m.exec(first.text) ?? [];
		first.abort();
		await eventually(() => its.app.service.stats().connections === 0);
		its.app.service.send("all", "missed");
		const again = await open("/events", { headers: { "last-event-id": id } });
		its.app.service.send("all", "live");
		expect((await again.take(2)).map(({ data }) => data)).toEqual(["missed", "live"]);
	});

	const overHttp2 = "streams over HTTP/2";
	if (canExist(its.name, overHttp2)) it(overHttp2, streamsOverHttp2);
	async function streamsOverHttp2(): Promise<void> {
		await start({ http2: true });
		const stream = await open("/events", { http2: true });
		expect(stream.headers).toMatchObject({ ":status": 200, "content-type": "text/event-stream" });
		its.app.service.send("all", "hello");
		expect(await stream.take(1)).toEqual([{ data: "hello" }]);
		await its.app.close();
		expect(await stream.ended).toBe(true);
	}
}
