/**
 * The inspectors of processes that share an event log in a real Redis: one page shows all of them.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { redisEventLog } from "@sse-service/redis";
import { eventually, isLongRun, openStream } from "@sse-service/testing";
import { executablePath, launchBrowser } from "@sse-service/testing/browser";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import { createClient } from "redis";
import { sharedLogOf } from "sse-service/adapter";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { RUN_LIMIT_MS } from "../../../.ci/limits.mjs";
import type { InspectorOptions } from "../src/index.js";
import { balancers } from "./balancers.js";
import { HOSTILE, helloOf, openPage, type Serving, serve } from "./serving.js";

const PROGRAM = join(import.meta.dirname, "apps/process.mjs");

interface Process {
	readonly name: string;
	readonly state: string;
	readonly connections: number;
	readonly ready: boolean;
}

let prefixes = 0;

describe.skipIf(redisServerPath === undefined)("processes that share a log", () => {
	let redis: Awaited<ReturnType<typeof startRedisServer>>;
	let prefix = "";

	beforeAll(async () => {
		redis = await startRedisServer();
	});
	afterAll(() => redis.stop());

	const createOwnClient = () => createClient({ url: redis.url });

	const connect = async (): Promise<ReturnType<typeof createOwnClient>> => {
		const client = createOwnClient();
		client.on("error", () => {});
		await client.connect();
		onTestFinished(() => client.destroy());
		return client;
	};

	/** A process as far as the log goes: a service and an inspector of its own. */
	async function serveHere(options: InspectorOptions): Promise<Serving> {
		const eventLog = redisEventLog({ client: await connect(), prefix });
		const loopbackOnly = options.authorize === undefined;
		const serving = await serve(
			{ loopbackOnly, ...options },
			// So that what waits for the log is seen to wait.
			{ eventLog, publishTimeoutMs: 60_000 },
		);
		await eventually(() => serving.sse.health().ready);
		return serving;
	}

	async function startProcess(name: string): Promise<{ child: ChildProcess; url: string }> {
		const child = spawn(process.execPath, [PROGRAM, redis.url, prefix, name], {
			stdio: ["ignore", "inherit", "inherit", "ipc"],
		});
		onTestFinished(() => void child.kill("SIGKILL"));
		const [url] = await once(child, "message");
		return { child, url: String(url) };
	}

	/** A page that stays open, and the last it received about the processes. */
	async function watch({ page }: Serving): Promise<{ processes(): Process[]; close(): void }> {
		const stream = await openPage(page);
		return {
			processes: () => JSON.parse(stream.events.at(-1)?.data ?? "{}").processes ?? [],
			close: () => stream.abort(),
		};
	}

	const posts = async (): Promise<string[]> => {
		const names = await (await connect()).hKeys(`${await postsKey()}`);
		return names.filter((name) => name.startsWith("inspector:"));
	};
	const postsKey = async (): Promise<string> => {
		const keys = await (await connect()).keys(`*${prefix}*posts*`);
		return keys[0] ?? "none";
	};

	const get = async (url: string): Promise<Record<string, unknown>> => {
		const answer = await fetch(url);
		expect(answer.status).toBe(200);
		return (await answer.json()) as Record<string, unknown>;
	};

	it("are one page: figures, connections, what happened to a client; one that is killed is said to be gone, and its rows go", async () => {
		prefix = `killed ${++prefixes}`;
		const one = await serveHere({ name: "one" });
		const { child, url } = await startProcess("two");
		const streams = await Promise.all([
			openStream(`${url}/ada?group=news`),
			openStream(`${url}/bob`),
			openStream(`${one.server.url}/carol`),
		]);
		const page = await watch(one);
		await eventually(() => page.processes().some(({ name }) => name === "two"));
		expect(page.processes()).toMatchObject([
			{ name: "one", state: "here", connections: 1, ready: true },
			{ name: "two", state: "live", connections: 2 },
		]);
		const all = await get(`${one.page}connections?process=all&order=client`);
		expect(all).toMatchObject({
			total: 3,
			found: 3,
			rows: [
				{ client: "ada", process: "two", groups: ["news"] },
				{ client: "bob", process: "two" },
				{ client: "carol", process: "one" },
			],
		});
		expect(await get(`${one.page}connections?process=all&q=ADA`)).toMatchObject({ found: 1 });
		expect(await get(`${one.page}connections?q=ada`)).toMatchObject({ found: 0 });

		// The other process shows data on its own page, and tells none of it to this one.
		child.send("a secret");
		await Promise.all(streams.map((stream) => stream.take(1)));
		const timeline = await get(`${one.page}timeline?process=all&client=ada`);
		expect(timeline).toMatchObject([{ kind: "open", client: "ada", process: "two" }]);
		const inEngine = await (await connect()).hGetAll(await postsKey());
		expect(JSON.stringify(inEngine)).toContain("ada");
		expect(JSON.stringify(inEngine)).not.toContain("secret");
		// What is posted for the inspector is none of what is posted for presence.
		const present = (await one.sse.clientsIn()).map(({ clientId }) => clientId).sort();
		expect(present).toEqual(["ada", "bob", "carol"]);

		child.kill("SIGKILL");
		await eventually(() => page.processes().some(({ state }) => state === "gone"));
		expect(await get(`${one.page}connections?process=all`)).toMatchObject({
			found: 1,
			rows: [{ client: "carol" }],
		});
		page.close();
	});

	it("post nothing while no page is open", async () => {
		prefix = `unwatched ${++prefixes}`;
		const one = await serveHere({ name: "one" });
		const other = await serveHere({ name: "other" });
		await other.open("ada");
		await one.sse.publish("all", "x");
		expect(await posts()).toEqual([]);
		const page = await watch(one);
		await eventually(() => page.processes().length === 2);
		expect(await posts()).toHaveLength(1);
		page.close();
	});

	it("say when they close", async () => {
		prefix = `closed ${++prefixes}`;
		const one = await serveHere({ name: "one" });
		const other = await serveHere({ name: "other" });
		const page = await watch(one);
		await eventually(() => page.processes()[1]?.state === "live");
		await other.inspect.close();
		await eventually(() => page.processes()[1]?.state === "left");
		page.close();
	});

	it("answer no other process with processes: false", async () => {
		prefix = `private ${++prefixes}`;
		const one = await serveHere({ name: "one" });
		const other = await serveHere({ name: "other", processes: false });
		const third = await serveHere({ name: "third" });
		const page = await watch(one);
		await eventually(() => page.processes().length === 2);
		expect(page.processes().map(({ name }) => name)).toEqual(["one", "third"]);
		expect(await helloOf(other.page)).not.toHaveProperty("processes");
		page.close();
		await third.inspect.close();
	});

	it("show as much of others as fits: the first 200 connections, and how many there are", async () => {
		prefix = `many ${++prefixes}`;
		const one = await serveHere({ name: "one" });
		const other = await serveHere({ name: "other" });
		for (let at = 0; at < 230; at++) await other.open(`client ${at}`);
		const page = await watch(one);
		await eventually(() => page.processes().length === 2);
		expect(await get(`${one.page}connections?process=all&limit=150&offset=100`)).toMatchObject({
			total: 200,
			found: 230,
			rows: { length: 100 },
		});
		expect(await get(`${one.page}connections?process=all&q=client 229`)).toMatchObject({
			found: 1,
		});
		page.close();
	});

	it("show no more than this process while the engine does not answer, and say so at once", async () => {
		prefix = `frozen ${++prefixes}`;
		const one = await serveHere({ name: "one" });
		const other = await serveHere({ name: "other" });
		await one.open("ada");
		const page = await watch(one);
		await eventually(() => page.processes().length === 2);
		await redis.kill("SIGSTOP");
		try {
			// Before the log gives up its own call, after a minute.
			const rows = await get(`${one.page}connections?process=all&q=ad`);
			expect(rows).toMatchObject({ found: 1, rows: [{ client: "ada" }] });
			expect(await get(`${one.page}timeline?process=all&client=ada`)).toHaveLength(1);
			await Promise.all([one.inspect.close(), other.inspect.close()]);
		} finally {
			await redis.kill("SIGCONT");
		}
		page.close();
	});

	it("answer at most 16 questions in a post, from all callers together", async () => {
		prefix = `asked ${++prefixes}`;
		const one = await serveHere({ name: "one" });
		const log = sharedLogOf(one.sse);
		const writer = sharedLogOf((await serveHere({ processes: false })).sse);
		for (let from = 0; from < 25; from++) {
			const asks = Array.from({ length: 8 }, (_, at) => [`${from} ${at}`, { rows: { q: "" } }]);
			const text = JSON.stringify({ v: 1, from: `caller ${from}`, asks });
			await writer?.tell({ do: "signal", target: {}, topic: "inspector", text });
		}
		let answers: unknown[] = [];
		await eventually(async () => {
			for (const [name, text] of (await log?.posted()) ?? []) {
				if (name.startsWith("inspector:")) answers = JSON.parse(text).answers;
			}
			// The first post may have been made before the second call.
			return answers.length > 8;
		});
		expect(answers).toHaveLength(16);
	});

	describe.each(balancers)("behind $name that sends each request elsewhere", (balancer) => {
		/** Three processes, and the address in front of them. */
		async function serveThree(
			options: InspectorOptions = {},
		): Promise<{ all: Serving[]; url: string; page: string }> {
			prefix = `balanced ${++prefixes}`;
			const authorize = (): boolean => true;
			const all = await Promise.all(
				["one", "two", "three"].map((name) => serveHere({ authorize, name, ...options })),
			);
			const url = await balancer.start(all.map(({ server }) => Number(new URL(server.url).port)));
			return { all, url, page: `${url}/inspector/` };
		}

		it("give the same answers, whichever is asked, and know the page of each other", async () => {
			const { all, url, page } = await serveThree({ allow: { disconnect: true, send: true } });
			const [one, two, three] = all as [Serving, Serving, Serving];
			const ada = await one.open("ada", ["news"]);
			const bob = await two.open("bob");
			await three.open("carol");
			const stream = await openPage(page);
			const [first] = await stream.take(1);
			const { here, token } = JSON.parse(first?.data ?? "{}");
			const list = async (query: string) =>
				(await get(`${page}connections?page=${here}&order=client&${query}`)) as {
					readonly found: number;
					readonly rows: readonly { readonly client: string; readonly key: string }[];
				};
			const clients = async (query: string): Promise<string> =>
				(await list(query)).rows.map(({ client }) => client).join();
			for (let at = 0; at < 6; at++) expect(await clients("process=all")).toBe("ada,bob,carol");
			const { rows } = await list("process=all");
			const keyOf = (client: string) => rows.find((row) => row.client === client)?.key;
			const [process = ""] = keyOf("bob")?.split("/") ?? [];
			for (let at = 0; at < 3; at++) expect(await clients(`process=${process}`)).toBe("bob");
			for (let at = 0; at < 3; at++) {
				const timeline = await get(`${page}timeline?page=${here}&process=all&client=ada`);
				expect(timeline).toMatchObject([{ kind: "open", process: "one" }]);
			}

			const change = (what: string, body: object, of = token): Promise<Response> =>
				fetch(`${page}${what}`, {
					method: "POST",
					headers: {
						"Content-Type": "application/json",
						"X-SSE-Inspector": String(of),
						Origin: url,
						"Sec-Fetch-Site": "same-origin",
					},
					body: JSON.stringify(body),
				});
			const forged = `${here}.${"x".repeat(24)}`;
			for (let at = 0; at < 3; at++) {
				expect((await change("send", { target: "all", data: "x" }, forged)).status).toBe(403);
				expect((await change("send", { target: "all", data: "x" })).status).toBe(200);
			}
			await Promise.all([ada.take(3), bob.take(3)]);
			await change("disconnect", { key: keyOf("bob") });
			await bob.ended;
			await change("disconnect", { key: keyOf("ada") });
			await ada.ended;
			await eventually(async () => (await clients("process=all")) === "carol");
			stream.abort();
		});

		it("end no connection that another process asks for, unless they allow it", async () => {
			const { all } = await serveThree();
			const [one, two] = all as [Serving, Serving];
			await one.open("ada");
			const [row] = (await get(`${one.page}connections`)).rows as { key: string }[];
			const [process = "", key] = row?.key.split("/") ?? [];
			const text = JSON.stringify({ v: 1, end: { process, key: Number(key) } });
			const other = sharedLogOf(two.sse);
			await other?.tell({ do: "signal", target: {}, topic: "inspector", text });
			// Commands are obeyed in the order of the log.
			await two.sse.publish({ client: "ada" }, "later");
			await eventually(() => one.sse.stats().eventsSent === 1);
			expect(one.sse.stats().connections).toBe(1);
		});

		it.skipIf(executablePath === undefined)(
			"are one page, whose stream moves to another process with what was chosen and counted",
			async () => {
				const { all, page: address } = await serveThree({ allow: { disconnect: true } });
				for (const [at, each] of all.entries()) await each.open(`client ${at}`, ["news"]);
				const browser = await launchBrowser();
				onTestFinished(() => browser.close());
				const page = await browser.openWindow(address);
				const rows = page.locator("#process-rows tr");
				const list = (): Promise<string[]> =>
					page.locator(".rows .row:not(.loading) > :first-child").allTextContents();
				const total = (): Promise<string | null> =>
					rows.first().locator("td").first().textContent();
				await eventually(async () => (await total()) === "3" && (await rows.count()) === 4);
				await eventually(async () => (await list()).length === 3);
				const here = async (): Promise<string> =>
					((await page.locator("#name").textContent()) ?? "").trim();
				const before = await here();
				// Of the processes that the stream is not on, one is chosen.
				const chosen = ["one", "two", "three"].find((name) => name !== before) ?? "";
				const at = ["one", "two", "three"].indexOf(chosen);
				await rows.getByRole("button", { name: chosen, exact: true }).click();
				await eventually(async () => (await list()).join() === `client ${at}`);

				// What is counted of all processes while the stream moves.
				await page.evaluate(() => {
					const cell = document.querySelector("#process-rows tr td") as HTMLElement;
					const seen: (string | null)[] = [];
					Reflect.set(globalThis, "seen", seen);
					new MutationObserver(() => seen.push(cell.textContent)).observe(cell, {
						childList: true,
						characterData: true,
						subtree: true,
					});
				});
				const gone = all[["one", "two", "three"].indexOf(before)];
				await gone?.server.destroy();
				await eventually(async () => (await here()) !== before);
				await rows.getByRole("button", { name: `${await here()} · here` }).waitFor();
				expect(await list()).toEqual([`client ${at}`]);
				await page.locator(".rows .row:not(.loading)").click();
				// A request that is sent to the process that is gone says so, and can be repeated.
				await eventually(async () => {
					await page.getByRole("button", { name: "Disconnect this stream" }).click();
					return all[at]?.sse.stats().connections === 0;
				});
				await eventually(async () => (await total()) === "1");
				// Its own connection has gone with it. No other number was ever shown.
				const seen: string[] = await page.evaluate(() => Reflect.get(globalThis, "seen"));
				expect(seen).toEqual([...seen].sort().reverse());
				await browser.closeWindows();
			},
		);
	});

	it.skipIf(executablePath === undefined)(
		"are listed on the page, and each lists its connections; what others write is text",
		async () => {
			prefix = `page ${++prefixes}`;
			const one = await serveHere({ name: "one" });
			const other = await serveHere({ name: `other ${HOSTILE[0]}` });
			await one.open("carol");
			for (const name of HOSTILE) await other.open(name, [name]);
			const browser = await launchBrowser();
			onTestFinished(() => browser.close());
			const page = await browser.openWindow(one.page);
			const list = (): Promise<string[]> =>
				page.locator(".rows .row:not(.loading) > :first-child").allTextContents();
			await eventually(async () => (await list()).length === HOSTILE.length + 1);
			await eventually(async () => (await page.locator("#process-rows tr").count()) === 3);
			const pick = page.locator("#process-rows").getByRole("button");
			await pick.filter({ hasText: "· here" }).click();
			await eventually(async () => (await list()).join() === "carol");
			await pick.filter({ hasText: "other" }).focus();
			await page.keyboard.press("Enter");
			await eventually(async () => (await list()).length === HOSTILE.length);
			await page.locator(".rows .row:not(.loading)").first().click();
			await page.locator("#facts").getByText("other").waitFor();
			await page.locator("#timeline").getByText("opened").waitFor();
			await page.keyboard.press("Escape");
			// A program that is none of ours writes to the engine.
			const summary = { name: HOSTILE[1], connections: "<b>", ready: true, error: HOSTILE[2] };
			const forged = JSON.stringify({ v: 1, summary, answers: [["x", { rows: [{}] }]] });
			const until = String(Date.now() + RUN_LIMIT_MS);
			await (await connect()).hSet(
				await postsKey(),
				"inspector:forgedforged",
				`${until} ${forged}`,
			);
			await page.locator("#process-rows").getByText("window.hacked=1</script>").waitFor();
			expect(await page.evaluate(() => "hacked" in globalThis)).toBe(false);
			expect(await page.locator("main img, main script, [onload]").count()).toBe(0);
			expect(await browser.closeWindows()).toEqual([]);
		},
	);

	it.runIf(isLongRun)(
		"say that the others are not known while the log does not answer",
		async () => {
			prefix = `silent ${++prefixes}`;
			const one = await serveHere({ name: "one" });
			const page = await openPage(one.page);
			await page.until(() => page.events.length > 1);
			await redis.kill("SIGKILL");
			await page.until(
				() => JSON.parse(page.events.at(-1)?.data ?? "{}").processesError !== undefined,
			);
			page.abort();
		},
	);
});
