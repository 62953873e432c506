/**
 * The runs on the page: what runs, for whom, how it ended, and who may cancel it.
 */
import { eventually, openStream, startServer } from "@sse-service/testing";
import { executablePath, launchBrowser } from "@sse-service/testing/browser";
import type { Page } from "playwright-core";
import { createSSEService } from "sse-service";
import { createRuns, type Run, type Runs } from "sse-service/runs";
import { expect, it, onTestFinished } from "vitest";
import { type InspectorOptions, inspector } from "../src/index.js";
import { HOSTILE, helloOf } from "./serving.js";

/** Runs, their followers at `/follow?id=`, and an inspector of both. */
async function serveRuns(
	options: Omit<InspectorOptions, "runs"> = {},
): Promise<{ runs: Runs; url: string; page: string }> {
	const sse = createSSEService({ heartbeatIntervalMs: 0 });
	const runs = createRuns({ maxEvents: 5 });
	const inspect = inspector(sse, { loopbackOnly: true, runs, ...options });
	const server = await startServer(async (req, res) => {
		if (inspect(req, res)) return;
		const { searchParams } = new URL(req.url ?? "", "http://localhost");
		await runs.follow(searchParams.get("id") ?? "", { req, res });
	});
	onTestFinished(async () => {
		await inspect.close();
		await runs.close();
		await sse.close();
		await server.destroy();
	});
	return { runs, url: server.url, page: `${server.url}/inspector/` };
}

/** A producer that waits until it is stopped. */
const waiting = async ({ send, signal }: Run): Promise<void> => {
	await send("token");
	await new Promise((resolve) => signal.addEventListener("abort", resolve));
};

const list = async (page: string): Promise<Record<string, unknown>[]> =>
	(await (await fetch(`${page}runs`)).json()) as Record<string, unknown>[];

const cancel = async (page: string, id: string, token: unknown): Promise<Response> =>
	fetch(`${page}cancel`, {
		method: "POST",
		headers: { "Content-Type": "application/json", "X-SSE-Inspector": String(token) },
		body: JSON.stringify({ id }),
	});

it("lists each run with its state, events, followers, and why it failed", async () => {
	const { runs, url, page } = await serveRuns();
	await runs.start("waiting", waiting);
	await runs.start("good", () => ["a", "bc"]);
	await runs.start("bad", () => {
		throw new Error("the model's own");
	});
	await runs.start("long", () => ["1", "2", "3", "4", "5", "6"]);
	const streams = [await openStream(`${url}/?id=waiting`), await openStream(`${url}/?id=waiting`)];
	await Promise.all(streams.map((stream) => stream.take(1)));
	await eventually(
		async () => (await list(page)).filter((r) => r.state !== "running").length === 3,
	);
	const rows = new Map((await list(page)).map((row) => [row.id, row]));
	expect(rows.get("waiting")).toMatchObject({ state: "running", events: 1, followers: 2 });
	expect(rows.get("good")).toMatchObject({ state: "done", events: 2, length: 5, followers: 0 });
	expect(rows.get("bad")).toMatchObject({
		...{ state: "failed", reason: "error", error: "the model's own" },
	});
	expect(rows.get("long")).toMatchObject({ state: "failed", reason: "limit", events: 5 });
	for (const stream of streams) stream.abort();
	await eventually(async () => (await list(page)).every(({ followers }) => followers === 0));
});

it("shows a run that threw anything at all, and does not end the process", async () => {
	const { runs, page } = await serveRuns();
	const strange = Object.assign(new Error(), { message: { code: 5 } });
	const thrown = [null, undefined, Object.create(null), strange, { toString: 1, valueOf: 1 }];
	for (const [at, each] of thrown.entries()) {
		await runs.start(`run ${at}`, () => {
			throw each;
		});
	}
	await eventually(async () => (await list(page)).every(({ state }) => state === "failed"));
	const words = new Map((await list(page)).map(({ id, error }) => [id, error]));
	expect(thrown.map((_, at) => words.get(`run ${at}`))).toEqual([
		"null",
		"undefined",
		"something that has no words",
		"[object Object]",
		"something that has no words",
	]);
});

it("asks the store once for all pages, for no more than it shows", async () => {
	const asked: unknown[] = [];
	const sse = createSSEService();
	const runs = {
		async list(limit?: number) {
			asked.push(limit);
			return [];
		},
		cancel: async () => false,
	};
	const inspect = inspector(sse, { loopbackOnly: true, runs });
	const server = await startServer((req, res) => void inspect(req, res));
	onTestFinished(async () => {
		await sse.close();
		await server.destroy();
	});
	const begun = performance.now();
	const page = `${server.url}/inspector/`;
	await Promise.all(Array.from({ length: 50 }, () => list(page)));
	// Once a second, however long that took.
	expect(asked.length).toBeLessThanOrEqual(1 + (performance.now() - begun) / 1_000);
	expect(new Set(asked)).toEqual(new Set([200]));
});

it("shows the beginning of a reason, however long it is", async () => {
	const { runs, page } = await serveRuns();
	await runs.start("mine", waiting);
	await runs.cancel("mine", "x".repeat(1_000));
	expect((await list(page))[0]).toMatchObject({ state: "cancelled", reason: "x".repeat(300) });
});

it("cancels none by default, and one where that is allowed", async () => {
	const guarded = await serveRuns();
	await guarded.runs.start("mine", waiting);
	const { token } = await helloOf(guarded.page);
	expect((await cancel(guarded.page, "mine", token)).status).toBe(403);
	expect(await guarded.runs.status("mine")).toMatchObject({ state: "running" });

	const open = await serveRuns({ allow: { cancel: true } });
	await open.runs.start("mine", waiting);
	expect((await cancel(open.page, "mine", "another")).status).toBe(403);
	const hello = await helloOf(open.page);
	expect(await (await cancel(open.page, "mine", hello.token)).json()).toEqual({ reached: 1 });
	expect(await open.runs.status("mine")).toMatchObject({
		...{ state: "cancelled", reason: "inspector" },
	});
	expect(await (await cancel(open.page, "mine", hello.token)).json()).toEqual({ reached: 0 });
	expect((await cancel(open.page, "", hello.token)).status).toBe(400);
});

it.skipIf(executablePath === undefined)(
	"on the page, are text whatever their names and errors, and one is cancelled by its button",
	async () => {
		const { runs, page: address } = await serveRuns({ allow: { cancel: true } });
		for (const name of HOSTILE) {
			await runs.start(name, () => {
				throw new Error(name);
			});
		}
		await runs.start("mine", waiting);
		const browser = await launchBrowser();
		onTestFinished(() => browser.close());
		const page: Page = await browser.openWindow(address);
		await page.getByRole("button", { name: "Cancel mine" }).click();
		await page.locator("#run-rows tr", { hasText: "mine" }).getByText("cancelled").waitFor();
		await page.locator("#run-counts").getByText(`${HOSTILE.length} failed`).waitFor();
		const text = await page.locator("#run-rows").textContent();
		expect(text).toContain('error: <img src=x onerror="window.hacked=1">');
		expect(text).not.toContain("\u202e");
		expect(await page.evaluate(() => "hacked" in globalThis)).toBe(false);
		expect(await page.locator("main img, main script, [onload]").count()).toBe(0);
		expect(await browser.closeWindows()).toEqual([]);
	},
);
