/**
 * The inspector over HTTP/2, whose requests have `:authority` instead of a host.
 */
import { once } from "node:events";
import {
	connect,
	type IncomingHttpHeaders,
	type IncomingHttpStatusHeader,
	type OutgoingHttpHeaders,
} from "node:http2";
import { eventually, type Protocol, startServer } from "@sse-service/testing";
import { createSSEService } from "sse-service";
import { expect, it, onTestFinished } from "vitest";
import { inspector } from "../src/index.js";

interface Answer {
	readonly status: number | undefined;
	readonly body: string;
}

/** An inspector on a server of the protocol, and what asks it over one session, as browsers do: without `host`. */
async function serve(protocol: Protocol) {
	const sse = createSSEService({ heartbeatIntervalMs: 0 });
	const allow = { send: true };
	const inspect = inspector(sse, { loopbackOnly: true, allow });
	const server = await startServer((req, res) => {
		if (!inspect(req, res)) res.writeHead(404).end();
	}, protocol);
	const session = connect(server.url, { rejectUnauthorized: false });
	onTestFinished(async () => {
		session.destroy();
		await inspect.close();
		await sse.close();
		await server.destroy();
	});
	const open = (path: string, headers: OutgoingHttpHeaders, body = "") => {
		const stream = session.request({ ":path": `/inspector/${path}`, ...headers });
		if (body !== "") stream.end(body);
		stream.setEncoding("utf8");
		return stream;
	};
	const ask = async (
		path: string,
		headers: OutgoingHttpHeaders = {},
		body = "",
	): Promise<Answer> => {
		const stream = open(path, headers, body);
		const answered = once(stream, "response") as Promise<
			[IncomingHttpHeaders & IncomingHttpStatusHeader]
		>;
		let text = "";
		stream.on("data", (part: string) => {
			text += part;
		});
		const [{ ":status": status }] = await answered;
		if (!stream.readableEnded) await once(stream, "end");
		return { status, body: text };
	};
	return { url: server.url, host: new URL(server.url).host, open, ask, inspect };
}

it.each<Protocol>(["http2", "http2-tls"])(
	"answers its page, and no page elsewhere, over %s",
	async (protocol) => {
		const { url, open, ask } = await serve(protocol);
		const own = { origin: url, "sec-fetch-site": "same-origin" };
		expect((await ask("")).body).toContain("<title>Inspector</title>");
		expect(await ask("connections", own)).toEqual({
			status: 200,
			body: '{"total":0,"found":0,"rows":[]}',
		});
		for (const origin of ["https://attacker.example", "null", "https://"]) {
			expect(await ask("connections", { origin }), origin).toEqual({ status: 403, body: "" });
		}
		const stream = open("stream", own);
		let events = "";
		stream.on("data", (part: string) => {
			events += part;
		});
		await eventually(() => events.includes("event: hello"));
		const { token } = JSON.parse(/^data: (.*)$/m.exec(events)?.[1] ?? "{}");
		const change = { ":method": "POST", "content-type": "application/json", ...own };
		const body = JSON.stringify({ target: "all", data: "x" });
		expect(await ask("send", { ...change, "x-sse-inspector": token }, body)).toEqual({
			status: 200,
			body: '{"reached":0}',
		});
		const { "sec-fetch-site": _, ...old } = change;
		const elsewhere = { ...old, "x-sse-inspector": token, origin: "https://attacker.example" };
		expect(await ask("send", elsewhere, body)).toEqual({ status: 403, body: "" });
		stream.close();
	},
);

it("with loopbackOnly, refuses a request over HTTP/2 that names another host", async () => {
	const { host, ask } = await serve("http2");
	expect((await ask("")).status).toBe(200);
	const forged = [
		{ ":authority": "attacker.example" },
		{ ":authority": "attacker.example", host },
		{ "x-forwarded-for": "203.0.113.7" },
	];
	for (const headers of forged) expect(await ask("", headers)).toEqual({ status: 403, body: "" });
});
