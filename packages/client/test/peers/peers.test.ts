/**
 * The same faults for this client and for others, in Chromium: the table in the README is what such a run shows. Part of long
 * runs, because what never comes has to be waited for.
 */

import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { eventually, isLongRun, measureIdle, startServer } from "@sse-service/testing";
import { executablePath, launchBrowser, type TestBrowser } from "@sse-service/testing/browser";
import { readMarkdown } from "@sse-service/testing/markdown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../bundle.js";
import { servePage } from "../page.js";

interface Trial {
	readonly requests: readonly IncomingMessage[];
	/** The data of each event that the client has given. */
	received(): Promise<string[]>;
	/** Resolves to whether the condition came true, with enough idle time for each client to act. */
	comes(test: () => boolean | Promise<boolean>): Promise<boolean>;
}

interface Fault {
	/** Answers the client's request with this index. */
	answer(res: ServerResponse, index: number, req: IncomingMessage): void;
	/** Whether the client does right. */
	judge(trial: Trial): Promise<boolean>;
}

// Longer than any delay here: the fourth of a client that doubles it from a second on is 8 s.
const IDLE_MS = 12_000;

const README = join(import.meta.dirname, "../../README.md");

const OPEN = { "content-type": "text/event-stream", "cache-control": "no-store" };

function stream(res: ServerResponse, text: string | Uint8Array): void {
	res.writeHead(200, OPEN);
	res.write(text);
}

const lastIdOf = ({ headers }: IncomingMessage): unknown => headers["last-event-id"];

const receivedBy = async ({ comes, received }: Trial, ...data: string[]): Promise<boolean> => {
	await comes(async () => (await received()).length >= data.length);
	return JSON.stringify(await received()) === JSON.stringify(data);
};

const FAULTS: Readonly<Record<string, Fault>> = {
	"a cut inside an event and a character: continues after the last event, loses and repeats nothing":
		{
			answer(res, index, req) {
				if (index === 0) {
					const whole = Buffer.from("id: 1\ndata: one\n\nid: 2\ndata: zwölf\n\n");
					stream(res, whole.subarray(0, whole.indexOf("ö") + 1));
					setTimeout(() => res.destroy(), 100);
				} else stream(res, lastIdOf(req) === "1" ? "id: 2\ndata: zwölf\n\n" : "data: wrong\n\n");
			},
			judge: (trial) => receivedBy(trial, "one", "zwölf"),
		},
	"an id without an event moves the position": {
		answer(res, index) {
			stream(res, index === 0 ? "id: 1\ndata: one\n\nid: 7\n\n" : "id: 8\ndata: eight\n\n");
			if (index === 0) res.end();
		},
		async judge({ requests, comes }) {
			await comes(() => requests.length > 1);
			return requests[1] !== undefined && lastIdOf(requests[1]) === "7";
		},
	},
	"an id of any characters is sent back as it was": {
		answer(res, index) {
			stream(res, index === 0 ? "id: größe ✓\ndata: one\n\n" : ": open\n\n");
			if (index === 0) res.end();
		},
		async judge({ requests, comes }) {
			await comes(() => requests.length > 1);
			const id = requests[1] === undefined ? "" : String(lastIdOf(requests[1]));
			return Buffer.from(id, "latin1").toString("utf8") === "größe ✓";
		},
	},
	"a 503 during a deploy: tries again": {
		answer(res, index) {
			if (index === 0) res.writeHead(503).end();
			else stream(res, "data: back\n\n");
		},
		judge: (trial) => receivedBy(trial, "back"),
	},
	"`Retry-After: 6`: waits that long": {
		answer(res, index) {
			if (index === 0) res.writeHead(503, { "retry-after": "6" }).end();
			else stream(res, "data: back\n\n");
		},
		async judge({ requests, comes }) {
			await comes(() => requests.length > 0);
			const refusedAt = performance.now();
			const isBack = await comes(() => requests.length > 1);
			return isBack && performance.now() - refusedAt > 5_900;
		},
	},
	"`retry: 6000`: waits that long": {
		answer(res, index) {
			stream(res, index === 0 ? "retry: 6000\ndata: one\n\n" : "data: two\n\n");
			if (index === 0) res.end();
		},
		async judge({ requests, comes }) {
			await comes(() => requests.length > 0);
			const endedAt = performance.now();
			const isBack = await comes(() => requests.length > 1);
			return isBack && performance.now() - endedAt > 5_900;
		},
	},
	"a 401: refreshes the token, and tries again with the new one": {
		answer(res, _index, req) {
			if (req.headers.authorization !== "new") res.writeHead(401).end();
			else stream(res, "data: secret\n\n");
		},
		judge: (trial) => receivedBy(trial, "secret"),
	},
	"a 403: ends": {
		answer: (res) => res.writeHead(403).end(),
		judge: async ({ requests, comes }) => !(await comes(() => requests.length > 1)),
	},
	"a 204: ends": {
		answer(res, index) {
			if (index > 0) res.writeHead(204).end();
			else {
				stream(res, "data: one\n\n");
				res.end();
			}
		},
		judge: async ({ requests, comes }) =>
			(await comes(() => requests.length > 1)) && !(await comes(() => requests.length > 2)),
	},
	"a page of HTML in place of the stream: ends": {
		answer: (res) => res.writeHead(200, { "content-type": "text/html" }).end("<p>Sign in</p>"),
		judge: async ({ requests, comes }) => !(await comes(() => requests.length > 1)),
	},
	"a connection goes mute, though heartbeats were announced: reconnects": {
		answer(res, index) {
			res.setHeader("SSE-Heartbeat", "500");
			stream(res, index === 0 ? ": open\n\n" : "data: back\n\n");
		},
		judge: (trial) => receivedBy(trial, "back"),
	},
	"a server that stays down: waits longer each time": {
		answer: (res) => res.destroy(),
		async judge({ requests, comes }) {
			const times: number[] = [];
			while (times.length < 5) {
				const { length } = times;
				if (!(await comes(() => requests.length > length))) return false;
				times.push(performance.now());
			}
			// Chromium itself repeats a request whose socket was closed, at once: the first delay may be its own.
			const [, second = 0, third = 0, fourth = 0, fifth = 0] = times;
			return fifth - fourth > 1.5 * (third - second);
		},
	},
};

const CLIENTS = [
	"@sse-service/client",
	"EventSource",
	"@microsoft/fetch-event-source",
	"eventsource-client",
	"event-source-plus",
	"sse-runtime-core",
];

const { rows = [] } =
	readMarkdown(README).tables.find(({ marker }) => marker === "table: peers") ?? {};

it("the README has the outcome of each fault for each client", () => {
	expect(rows.map(([name]) => name)).toEqual(Object.keys(FAULTS));
	for (const [, ...outcomes] of rows) expect(outcomes).toHaveLength(CLIENTS.length);
});

/** Only where there is a browser. */
function describeTrials(): void {
	describe.skipIf(executablePath === undefined)("this client and others", () => {
		let browser: TestBrowser;
		let page: ReturnType<typeof servePage>;
		beforeAll(async () => {
			browser = await launchBrowser();
			page = servePage(await bundle(readFileSync(join(import.meta.dirname, "clients.ts"), "utf8")));
		});
		afterAll(() => browser.close());

		async function isRight(fault: Fault, client: string): Promise<boolean> {
			const requests: IncomingMessage[] = [];
			const server = await startServer((req, res) => {
				if (page(req, res)) return;
				fault.answer(res, requests.push(req) - 1, req);
			});
			const tab = await browser.openWindow(server.url);
			try {
				await tab.evaluate(`start(${JSON.stringify(client)})`);
				return await fault.judge({
					requests,
					received: () => tab.evaluate("seen.received"),
					async comes(test) {
						const idle = measureIdle();
						let has = await test();
						await eventually(async () => {
							has = await test();
							return has || idle() > IDLE_MS;
						});
						return has;
					},
				});
			} finally {
				await tab.close();
				await server.destroy();
			}
		}

		it.each(Object.entries(FAULTS))("%s", async (name, fault) => {
			const results = await Promise.all(
				CLIENTS.map(async (client) => ((await isRight(fault, client)) ? "yes" : "no")),
			);
			expect(rows.find(([fault]) => fault === name)).toEqual([name, ...results]);
		});
	});
}

if (isLongRun) describeTrials();
