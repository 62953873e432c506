/**
 * Connections that break again and again while events are sent: with `history`, other people's clients have every one.
 */
import {
	CUTS,
	type CuttingProxy,
	createRandom,
	eventually,
	sizeOf,
	startCuttingProxy,
	startServer,
	type TestServer,
} from "@sse-service/testing";
import { executablePath, launchBrowser, type TestBrowser } from "@sse-service/testing/browser";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createSSEService, type SSEService, type Target } from "../src/index.js";
import {
	type OpenReceiver,
	openInBrowser,
	openOnNode,
	type Receiver,
	untilReceived,
} from "./receiver.js";

const EVENTS = sizeOf({ usual: 2_500, long: 10_000 });
const CUTS_IN_ALL = EVENTS / 100;
/** Of a connection. Ten thousand events have about 500,000 together, mostly enough for all cuts. */
const MAX_BYTES = 12_000;
/** So many events may be sent that the client does not have yet. */
const MAX_LAG = 200;

const seed = Number(process.env.SSE_SEED ?? Math.floor(Math.random() * 2 ** 31));

let sse: SSEService;
let server: TestServer;
let proxy: CuttingProxy;
let receiver: Receiver | undefined;

afterEach(async () => {
	await receiver?.close();
	await proxy.close();
	await sse.close();
	await server.destroy();
});

async function serve(open: OpenReceiver): Promise<Receiver> {
	sse = createSSEService({ history: true, retryMs: 1 });
	server = await startServer((req, res) => {
		if (!req.url?.startsWith("/events")) {
			res.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>");
			return;
		}
		res.setHeader("access-control-allow-origin", "*");
		sse.connect({ req, res, clientId: "ada", groups: ["news"] });
	});
	const { port, url } = server;
	proxy = await startCuttingProxy({
		port,
		seed,
		maxBytes: MAX_BYTES,
		maxCuts: CUTS_IN_ALL,
	});
	receiver = await open(`${proxy.url}/events`, url);
	await eventually(() => sse.stats().connections === 1);
	return receiver;
}

/** Ways to the same client, and others in between. */
function send(index: number): string {
	const targets: readonly Target[] = [{ group: "news" }, { client: "ada" }, "all"];
	// Its second line is in a field of its own.
	const data = `${index}\nof ${EVENTS}`;
	sse.send(targets[index % targets.length] as Target, data);
	if (index % 10 === 0) sse.send({ client: "bob" }, "for another one");
	return `message ${data}`;
}

function sayWhatRepeatsIt(): void {
	process.stderr.write(`SSE_SEED=${seed} repeats it\n`);
}

async function claim(open: OpenReceiver): Promise<void> {
	const receiver = await serve(open);
	// A client reconnects with an id once it has had one.
	sse.send("all", "first");
	await untilReceived(receiver, 1);
	const random = createRandom(seed);
	const sent: string[] = [];
	proxy.start();
	// With some seeds, the cuts need more bytes.
	while (sent.length < EVENTS || proxy.cuts < CUTS_IN_ALL) {
		const end = sent.length + random.between(1, 20);
		while (sent.length < end) sent.push(send(sent.length));
		await new Promise((resolve) => setImmediate(resolve));
		// Else nearly all of it would be replayed at the end.
		await untilReceived(receiver, sent.length - MAX_LAG);
	}
	sse.send("all", "last");
	await untilReceived(receiver, sent.length + 2);
	expect(await receiver.received()).toEqual(["message first", ...sent, "message last"]);
	expect(proxy.cuts).toBe(CUTS_IN_ALL);
	expect(Object.keys(proxy.cutsAt).sort()).toEqual([...CUTS].sort());
	expect(Object.keys(sse.stats().resumes)).toEqual(["replayed"]);
}

describe(`a client whose connection is cut ${CUTS_IN_ALL} times while ${EVENTS} events or more are sent has each once, in order`, () => {
	it("eventsource on Node", async ({ onTestFailed }) => {
		onTestFailed(sayWhatRepeatsIt);
		await claim(openOnNode);
	});

	describe.skipIf(executablePath === undefined)("in a browser", () => {
		let browser: TestBrowser;
		beforeAll(async () => {
			browser = await launchBrowser();
		});
		afterAll(() => browser.close());

		it("EventSource of Chromium", async ({ onTestFailed }) => {
			onTestFailed(sayWhatRepeatsIt);
			await claim(openInBrowser(() => browser));
		});
	});
});
