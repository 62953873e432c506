/**
 * A server that answers as OpenAI's does (chat completions, streamed), so that programs that call a model run without
 * one. https://platform.openai.com/docs/api-reference/chat-streaming
 */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

export interface ModelServer {
	/** The base URL for clients. */
	readonly url: string;
	/** The requests whose client left before the answer had ended. */
	readonly aborted: number;
	close(): void;
}

interface Question {
	readonly messages: readonly { readonly content: string | readonly { readonly text: string }[] }[];
}

/** It answers with the words of the question, one a chunk. The question "forever" is answered without end. */
export async function startModelServer(): Promise<ModelServer> {
	let aborted = 0;
	const server = createServer(async (req, res) => {
		const { messages } = (await json(req)) as Question;
		const content = messages.at(-1)?.content ?? "";
		const question =
			typeof content === "string" ? content : content.map(({ text }) => text).join("");
		res.writeHead(200, { "Content-Type": "text/event-stream" });
		res.once("close", () => {
			if (!res.writableEnded) aborted++;
		});
		for (const word of question.split(/(?<= )/)) chunk(res, { content: word }, null);
		if (question === "forever") return;
		chunk(res, {}, "stop");
		res.end("data: [DONE]\n\n");
	});
	await once(server.listen(0, "127.0.0.1"), "listening");
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}/v1`,
		get aborted() {
			return aborted;
		},
		close: () => {
			server.close();
			server.closeAllConnections();
		},
	};
}

function chunk(res: ServerResponse, delta: object, finishReason: string | null): void {
	const choice = { index: 0, delta: { role: "assistant", ...delta }, finish_reason: finishReason };
	const fields = { id: "1", object: "chat.completion.chunk", created: 1, model: "words" };
	res.write(`data: ${JSON.stringify({ ...fields, choices: [choice] })}\n\n`);
}
