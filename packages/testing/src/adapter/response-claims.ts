/** Claims about the response: headers, errors, limits, HEAD. */
import { expect, it } from "vitest";
import { openSocket } from "../socket.js";
import { eventually } from "../waiting.js";
import { type AdapterFixture, nobody, unauthorized } from "./adapter-fixture.js";

export function claimResponses(its: AdapterFixture): void {
	const { events, open, port, start } = its;

	it("headers of the framework, CORS, helmet, cookies and the session arrive, also several Set-Cookie headers", async () => {
		await start({
			use: ["cors", "helmet", "cookies", "session"],
			routes: {
				"/events": async (context) => {
					context.setHeader("X-Framework", "yes");
					context.setCookie("a", "1");
					context.setCookie("b", "2");
					context.signIn("ada");
					await events(context);
				},
			},
		});
		const stream = await open("/events", { headers: { Origin: "https://example.com" } });
		expect(stream.headers).toMatchObject({
			"x-framework": "yes",
			"access-control-allow-origin": "https://example.com",
			"x-content-type-options": "nosniff",
		});
		const cookies = (stream.headers["set-cookie"] ?? []).map((cookie) => cookie.split("=")[0]);
		expect(cookies.sort()).toEqual(["a", "b", "sid"]);
	});

	it("the stream has its own content type, and each header once", async () => {
		await start({
			routes: {
				"/events": async (context) => {
					context.setHeader("Content-Type", "text/html");
					await events(context);
				},
			},
		});
		const stream = await open();
		expect(stream.headers["content-type"]).toBe("text/event-stream");
		const names = stream.rawHeaders
			.filter((_, index) => index % 2 === 0)
			.map((each) => each.toLowerCase());
		expect(names).toHaveLength(new Set(names).size);
	});

	it("compression does not hold events back", async () => {
		await start({ use: ["compression"] });
		const stream = await open("/events", { headers: { "Accept-Encoding": "gzip, br" } });
		its.app.service.send("all", "at once");
		expect(await stream.take(1)).toEqual([{ data: "at once" }]);
		expect(stream.headers).not.toHaveProperty("content-encoding");
	});

	it("a rejected sign-in before the stream opens is a normal error response, with its headers", async () => {
		await start({
			use: ["cors", "cookies"],
			routes: {
				"/events": async (context) => {
					context.setHeader("WWW-Authenticate", "Bearer");
					context.setCookie("a", "1");
					throw unauthorized();
				},
			},
		});
		const response = await open("/events", { headers: { Origin: "https://example.com" } });
		expect(response.status).toBe(401);
		expect(response.headers).toMatchObject({
			"access-control-allow-origin": "https://example.com",
			"www-authenticate": "Bearer",
			"set-cookie": [expect.stringMatching(/^a=1/)],
		});
		expect(await response.ended).toBe(true);
		expect(response.text).toContain("sign in first");
		expect(response.headers["content-type"]).not.toBe("text/event-stream");
		expect(its.app.service.stats()).toMatchObject(nobody);
	});

	it("a limit refuses with its status, as a normal error response", async () => {
		await start({ maxConnections: 1 });
		await open();
		const refused = await open();
		expect(refused.status).toBe(503);
		expect(await refused.ended).toBe(true);
		expect(refused.headers["content-type"]).not.toBe("text/event-stream");
		expect(its.app.service.stats().connections).toBe(1);
	});

	it("an error after the stream has opened ends only that stream, and reaches the framework's logger once", async () => {
		const error = new Error("too late");
		await start({
			routes: {
				"/events": async (context) => {
					await events(context);
					throw error;
				},
				"/others": events,
			},
		});
		const other = await open("/others");
		const stream = await open();
		await stream.ended;
		await eventually(() => its.app.service.stats().connections === 1);
		expect(JSON.stringify(its.app.errors.map(String))).toContain("too late");
		expect(its.app.errors).toHaveLength(1);
		expect(its.connections.map(({ closeReason }) => closeReason)).toEqual([undefined, "error"]);
		// It has sent nothing, and the streams of others continue.
		if (its.harness.sendsOnReturn) expect(stream.status).toBe(500);
		else expect(stream.textBetweenHeartbeats).toBe(": open\n");
		expect(its.app.service.send("all", "still here")).toBe(1);
		expect(await other.take(1)).toEqual([{ data: "still here" }]);
	});

	it("HEAD is answered with the stream's headers and opens nothing", async () => {
		await start();
		// By hand: a HEAD response has no body whose end a parser could wait for.
		const socket = await openSocket(port(), ["HEAD /events HTTP/1.1", "Host: 127.0.0.1"]);
		await socket.untilText("\r\n\r\n");
		expect(socket.text).toMatch(/^HTTP\/1\.1 200 .*content-type: text\/event-stream\r\n/is);
		socket.abort();
		expect(its.app.service.stats()).toMatchObject(nobody);
	});

	it("the access log has one line for a stream, with status 200", async () => {
		await start();
		const stream = await open();
		await its.app.close();
		await stream.ended;
		await eventually(() => its.app.accessLog.length > 0);
		expect(its.app.accessLog).toEqual([200]);
		expect(its.app.errors).toEqual([]);
	});
}
