/**
 * The README, read to the letter.
 */
import { join } from "node:path";
import { Client } from "@langchain/langgraph-sdk";
import { codeOf } from "@sse-service/testing/markdown";
import { describeReadmes } from "@sse-service/testing/readme";
import { DefaultChatTransport, readUIMessageStream, type UIMessage, type UIMessageChunk } from "ai";
import { describe, expect, it } from "vitest";
import * as ai from "../src/index.js";

const { table } = describeReadmes({
	files: ["README.md", "docs/recipes.md"].map((file) => join(import.meta.dirname, "..", file)),
	project: { packages: ["@sse-service/ai"] },
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
			const options = { chatId: "a", trigger: "submit-message", messageId: undefined } as const;
			const question = { ...options, messages: [], abortSignal: undefined };
			expect(await textOf(await transport.sendMessages(question))).toBe("No network needed.");
			const again = await transport.reconnectToStream({ chatId: "a" });
			expect(again && (await textOf(again))).toBe("No network needed.");
			expect(await transport.reconnectToStream({ chatId: "none" })).toBeNull();
			const status = async (path: string, init?: RequestInit): Promise<number> =>
				(await fetch(url + path, init)).status;
			expect(await status("/api/chat/a/stop", { method: "POST" })).toBe(404);
			expect(await status("/api/chat", { method: "POST", body: "no JSON" })).toBe(500);
			expect(await status("//")).toBe(500);
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

describe("the tables", () => {
	it("protocols: each codec and fold is there", () => {
		const cells = table("protocols").rows.flatMap(([codec = "", fold = ""]) => [codec, fold]);
		const named = cells.flatMap((cell) => codeOf(cell)).map((code) => code.replace(/\(.*\)$/, ""));
		const { startingAfter: _, langGraphRun: __, ...rest } = ai;
		expect(named.sort()).toEqual(Object.keys(rest).sort());
	});
});
