/**
 * The README, read to the letter.
 */
import { join } from "node:path";
import { HttpAgent } from "@ag-ui/client";
import { Client } from "@langchain/langgraph-sdk";
import { codeOf } from "@sse-service/testing/markdown";
import { describeReadmes } from "@sse-service/testing/readme";
import type { StreamChunk } from "@tanstack/ai";
import { fetchServerSentEvents } from "@tanstack/ai-client";
import { DefaultChatTransport, readUIMessageStream, type UIMessage, type UIMessageChunk } from "ai";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import * as ai from "../src/index.js";
import { resolveLogOptions } from "../src/log-options.js";

const { table } = describeReadmes({
	files: ["README.md", "docs/recipes.md"].map((file) => join(import.meta.dirname, "..", file)),
	project: {
		packages: ["@sse-service/ai"],
		linked: {
			"@tanstack/ai": join(import.meta.dirname, "../node_modules/@tanstack/ai"),
			"assistant-stream": join(import.meta.dirname, "../node_modules/assistant-stream"),
		},
	},
	programs: {
		"chat.mjs": async ({ url, terminate }) => {
			const transport = new DefaultChatTransport<UIMessage>({ api: `${url}/api/chat` });
			const textOf = async (stream: ReadableStream<UIMessageChunk>): Promise<string> => {
				let text = "";
				for await (const { parts } of readUIMessageStream({ stream })) {
					text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
				}
				return text;
			};
			const ask = (text: string, abortSignal?: AbortSignal) => {
				const messages: UIMessage[] = [{ id: text, role: "user", parts: [{ type: "text", text }] }];
				const options = { chatId: "a", trigger: "submit-message", messageId: undefined } as const;
				return transport.sendMessages({ ...options, messages, abortSignal });
			};
			const stopped = new AbortController();
			const first = (await ask("one", stopped.signal)).getReader();
			await first.read();
			// `stop()` of the page leaves the answer running. The next question was given the rest of it.
			stopped.abort();
			await first.read().catch(() => {});
			expect(await textOf(await ask("two"))).toBe("You asked: two");
			// The page has what is over. Sent again, it would be there twice.
			expect(await transport.reconnectToStream({ chatId: "a" })).toBeNull();
			expect(await transport.reconnectToStream({ chatId: "none" })).toBeNull();
			const status = async (path: string, init?: RequestInit): Promise<number> =>
				(await fetch(url + path, init)).status;
			expect(await status("/api/chat/a/stop", { method: "POST" })).toBe(404);
			expect(await status("/api/chat", { method: "POST", body: "no JSON" })).toBe(500);
			expect(await status("//")).toBe(500);
			expect(await terminate()).toBe(0);
		},
		"openai.mjs": async ({ url, terminate }) => {
			const { responses } = new OpenAI({ apiKey: "none", baseURL: url, maxRetries: 0 });
			const typesOf = async (stream: AsyncIterable<{ readonly type: string }>) => {
				const types: string[] = [];
				for await (const { type } of stream) types.push(type);
				return types;
			};
			const first = { model: "m", input: "?", background: true, stream: true } as const;
			const types = await typesOf(await responses.create(first));
			expect(types.at(-1)).toBe("response.completed");
			const rest = await responses.retrieve("resp_1", { stream: true, starting_after: 1 });
			expect(await typesOf(rest)).toEqual(types.slice(2));
			await expect(responses.cancel("none")).rejects.toThrow("404");
			expect(await terminate()).toBe(0);
		},
		"ag-ui.mjs": async ({ url, terminate }) => {
			for (let client = 0; client < 2; client++) {
				const agent = new HttpAgent({ url, threadId: "t" });
				await agent.runAgent({ runId: "r" });
				expect(agent.messages).toMatchObject([{ content: "No network needed." }]);
			}
			expect(await terminate()).toBe(0);
		},
		"tanstack.mjs": async ({ url, terminate }) => {
			await readWithTanStack(url);
			await expect(textOfChunks(fetchServerSentEvents(url).joinRun("none"))).rejects.toThrow("404");
			expect(await terminate()).toBe(0);
		},
		"tanstack-durability.mjs": async ({ url, stop }) => {
			await readWithTanStack(url);
			expect(await stop()).toBe(0);
		},
		"assistant-ui.mjs": async ({ url, terminate }) => {
			const first = await (await fetch(`${url}/?id=s`, { method: "POST" })).text();
			expect(first).toContain("needed.");
			expect(await (await fetch(`${url}/?id=s`)).text()).toBe(first);
			expect((await fetch(`${url}/?id=none`)).status).toBe(404);
			expect((await fetch(url)).status).toBe(400);
			expect(await terminate()).toBe(0);
		},
		"langgraph.mjs": async ({ url, terminate }) => {
			const { runs } = new Client({ apiUrl: url, apiKey: null });
			const namesOf = async (stream: AsyncIterable<{ readonly event: string }>) => {
				const names: string[] = [];
				for await (const { event } of stream) names.push(event);
				return names;
			};
			let id = "";
			const onRunCreated = ({ run_id }: { readonly run_id: string }) => {
				id = run_id;
			};
			const first = await namesOf(runs.stream("t", "agent", { onRunCreated }));
			expect(first.at(0)).toBe("metadata");
			expect(first.slice(-2)).toEqual(["values", "end"]);
			expect(await namesOf(runs.joinStream("t", id))).toEqual([
				"metadata",
				"messages",
				"values",
				"end",
			]);
			expect(await runs.get("t", id)).toMatchObject({
				run_id: id,
				thread_id: "t",
				status: "success",
			});
			await expect(runs.get("t", "none")).rejects.toThrow("404");
			await expect(runs.cancel("t", id)).rejects.toThrow("404");
			expect(await terminate()).toBe(0);
		},
	},
});

async function textOfChunks(chunks: AsyncIterable<StreamChunk>): Promise<string> {
	let text = "";
	for await (const chunk of chunks) if (chunk.type === "TEXT_MESSAGE_CONTENT") text += chunk.delta;
	return text;
}

/** A fresh run, and one that is joined. */
async function readWithTanStack(url: string): Promise<void> {
	const client = fetchServerSentEvents(url);
	const names = { threadId: "t", runId: "r" };
	const fresh = client.connect([], undefined, undefined, names);
	expect(await textOfChunks(fresh)).toBe("No network needed.");
	expect(await textOfChunks(client.joinRun("r"))).toBe("No network needed.");
}

const namesOf = (cells: readonly string[]): string[] =>
	cells.flatMap((cell) => codeOf(cell)).map((code) => code.replace(/\(.*\)$/, ""));

describe("the tables", () => {
	it("protocols and stores: each codec, fold and store is there", () => {
		const protocols = table("protocols").rows.flatMap(([, codec = "", fold = ""]) => [codec, fold]);
		const stores = table("stores").rows.flatMap(([, , store = ""]) => [store]);
		const { startingAfter: _, langGraphRun: __, ...rest } = ai;
		const named = new Set(namesOf([...protocols, ...stores]));
		expect([...named].sort()).toEqual(Object.keys(rest).sort());
	});

	it("log-options: each option is there, in the order of the code, with its default", () => {
		const defaults = Object.entries(resolveLogOptions({})).map(([name, value]) => [
			name,
			typeof value === "number" ? String(value) : undefined,
		]);
		const rows = table("log-options").rows.map(([name = "", value = ""]) => [
			namesOf([name])[0],
			namesOf([value])[0],
		]);
		expect(rows.map(([name]) => name)).toEqual(
			["store", ...defaults.map(([name]) => name)].filter(
				(name, index, all) => all.indexOf(name) === index,
			),
		);
		for (const [name, value] of defaults) {
			expect(rows.find(([each]) => each === name)?.[1]).toBe(value);
		}
	});
});
