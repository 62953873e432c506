/**
 * AG-UI's own client, and its reducer.
 */
import { type BaseEvent, EventType, HttpAgent } from "@ag-ui/client";
import { describe, expect, it } from "vitest";
import { agUi, agUiFold } from "../src/index.js";
import { Gate, serve } from "./serving.js";

const events = (threadId: string, runId: string): object[] => [
	{ type: EventType.RUN_STARTED, threadId, runId },
	{ type: EventType.TEXT_MESSAGE_START, messageId: "m", role: "assistant" },
	{ type: EventType.TEXT_MESSAGE_CONTENT, messageId: "m", delta: "The " },
	{ type: EventType.TOOL_CALL_START, toolCallId: "c", toolCallName: "look", parentMessageId: "m" },
	{ type: EventType.TOOL_CALL_ARGS, toolCallId: "c", delta: '{"a"' },
	{ type: EventType.TEXT_MESSAGE_CONTENT, messageId: "m", delta: "answer." },
	{ type: EventType.TOOL_CALL_ARGS, toolCallId: "c", delta: ":1}" },
	{ type: EventType.TOOL_CALL_END, toolCallId: "c" },
	{ type: EventType.TEXT_MESSAGE_END, messageId: "m" },
	{ type: EventType.RUN_FINISHED, threadId, runId },
];

/** What a client has in the end, of a server on which the run had come this far when it joined. */
async function messagesJoining(pauseAt: number): Promise<unknown> {
	const gate = new Gate();
	const paused = new Gate();
	const { runs, server } = await serve(
		{ codec: agUi(), fold: agUiFold() },
		() => "r",
		async (run) => {
			for (const [index, event] of events("thread", "run").entries()) {
				if (index === pauseAt) {
					paused.open();
					await gate.wait();
				}
				await run.send(event);
			}
			paused.open();
		},
	);
	// Somebody else has started it.
	await fetch(server.url, { method: "POST" }).then((response) => response.body?.cancel());
	await paused.wait();
	const agent = new HttpAgent({ url: server.url, threadId: "thread" });
	const received: BaseEvent[] = [];
	const running = agent.runAgent(
		{ runId: "run" },
		{ onEvent: ({ event }) => void received.push(event) },
	);
	gate.open();
	await running;
	expect(received.at(-1)?.type).toBe(EventType.RUN_FINISHED);
	expect(await runs.status("r")).toMatchObject({ state: "done" });
	return agent.messages;
}

describe("AG-UI's client", () => {
	it("has the same messages, wherever it joins the run", async () => {
		const whole = await messagesJoining(0);
		expect(whole).toMatchObject([
			{
				role: "assistant",
				content: "The answer.",
				toolCalls: [{ function: { arguments: '{"a":1}' } }],
			},
		]);
		for (let place = 1; place <= 10; place++) expect(await messagesJoining(place)).toEqual(whole);
	});

	it("is given an error when the run is cancelled", async () => {
		const gate = new Gate();
		const { runs, server } = await serve(
			{ codec: agUi() },
			() => "r",
			async (run) => {
				await run.send(events("thread", "run")[0]);
				await gate.wait();
			},
		);
		const agent = new HttpAgent({ url: server.url, threadId: "thread" });
		const received: BaseEvent[] = [];
		const running = agent
			.runAgent(
				{ runId: "run" },
				{
					onEvent: ({ event }) => {
						received.push(event);
						if (event.type === EventType.RUN_STARTED) void runs.cancel("r", "stop");
					},
				},
			)
			.catch(() => {});
		await running;
		expect(received.at(-1)).toMatchObject({ type: EventType.RUN_ERROR, code: "stop" });
		gate.open();
	});

	it("is given an error when the producer throws, without what it threw", async () => {
		const { server } = await serve(
			{ codec: agUi(), fold: agUiFold() },
			() => "r",
			async (run) => {
				for (const event of events("thread", "run").slice(0, 3)) await run.send(event);
				throw new Error("secret");
			},
		);
		for (let reader = 0; reader < 2; reader++) {
			const agent = new HttpAgent({ url: server.url, threadId: "thread" });
			const received: BaseEvent[] = [];
			const onEvent = ({ event }: { readonly event: BaseEvent }): void => void received.push(event);
			await agent.runAgent({ runId: "run" }, { onEvent }).catch(() => {});
			expect(received.at(-1)).toMatchObject({ type: EventType.RUN_ERROR, code: "error" });
			expect(JSON.stringify(received)).not.toContain("secret");
		}
	});
});
