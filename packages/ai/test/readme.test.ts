/**
 * The README, read to the letter.
 */
import { join } from "node:path";
import { codeOf } from "@sse-service/testing/markdown";
import { describeReadmes } from "@sse-service/testing/readme";
import { DefaultChatTransport, readUIMessageStream, type UIMessage, type UIMessageChunk } from "ai";
import { describe, expect, it } from "vitest";
import * as ai from "../src/index.js";

const { table } = describeReadmes({
	files: [join(import.meta.dirname, "../README.md")],
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
	},
});

describe("the tables", () => {
	it("protocols: each codec and fold is there", () => {
		const cells = table("protocols").rows.flatMap(([codec = "", fold = ""]) => [codec, fold]);
		const named = cells.flatMap((cell) => codeOf(cell)).map((code) => code.replace("()", ""));
		const { startingAfter: _, ...rest } = ai;
		expect(named.sort()).toEqual(Object.keys(rest).sort());
	});
});
