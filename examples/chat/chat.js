/**
 * The chat of one process: all that has to do with the library. Each answer is a run. What changes in a chat is sent to the tabs
 * that show it.
 */
import { createClient } from "@redis/client";
import { redisEventLog, redisRunStore } from "@sse-service/redis";
import { createSSEService } from "sse-service";
import { createRuns } from "sse-service/runs";
import { answerTo } from "./model.js";
import { KEEP_MS, turnsInMemory, turnsInRedis } from "./turns.js";

/**
 * @import { IncomingMessage, ServerResponse } from "node:http"
 * @import { Run } from "sse-service/runs"
 * @import { Fleet } from "./fleet.js"
 * @import { Turn } from "./turns.js"
 */

/**
 * What a tab receives about its chat.
 * @typedef {object} ChatEvents
 * @property {{ server: string }} hello The first event of each stream: which process this is.
 * @property {{ number: number }} asked A turn was added.
 * @property {{ number: number }} restarted Its answer is written again.
 * @property {Fleet} fleet How the processes are, if there are several.
 *
 * What a reader of an answer receives, before its end.
 * @typedef {object} AnswerEvents
 * @property {{ server: string }} by The process that writes it.
 * @property {{ text: string }} delta
 * @typedef {{ server: string, text: string }} AnswerState
 */

const TABS = "tabs";
const RETRY_MS = 300;
/** A process that has been silent for this long has failed. */
const LEASE_MS = 2_000;

/** @param {{ name: string, redisUrl?: string | undefined, wordMs: number }} options */
export async function createChat({ name, redisUrl, wordMs }) {
	const client = redisUrl === undefined ? undefined : createClient({ url: redisUrl });
	// The service says it as well, and better.
	client?.on("error", () => {});
	await client?.connect();
	const turns = client === undefined ? turnsInMemory() : turnsInRedis(client);
	/** @type {Fleet | undefined} */
	let fleet;
	/** How many answers this process writes. */
	let writing = 0;

	const sse = createSSEService({
		...(client && { eventLog: redisEventLog({ client, prefix: "chat" }) }),
		retryMs: RETRY_MS,
		closeTimeoutMs: 1_000,
		onConnect({ connection }) {
			connection.send({ server: name }, { event: "hello" });
			if (fleet) connection.send(fleet, { event: "fleet" });
		},
		onError: (error, { stage }) => console.error(`${name}: ${stage}: ${error}`),
	});
	const answers = createSSEService({ retryMs: RETRY_MS, closeTimeoutMs: 1_000 });
	const runs = createRuns({
		...(client && { store: redisRunStore({ client, prefix: "chat" }) }),
		service: answers,
		leaseMs: LEASE_MS,
		ttlMs: KEEP_MS,
		// A late reader receives the text so far as one event.
		fold: {
			initial: () => ({ server: "", text: "" }),
			fold: add,
			render: ({ server, text }) => [
				{ event: "by", data: JSON.stringify({ server }) },
				...(text === "" ? [] : [{ event: "delta", data: JSON.stringify({ text }) }]),
			],
		},
		// A process that is restarted hands its answers over.
		resume: async (run, { state }) => {
			const [chat = "", number] = run.id.split("/");
			const turn = (await turns.list(chat))[Number(number) - 1];
			if (turn !== undefined) await produce(run, turn, state.text.length);
		},
		onError: (error, { id }) => console.error(`${name}: answer ${id}: ${error}`),
	});

	/** @param {string} chat @param {number} number @param {Turn} turn @returns whether it was not being written already */
	async function write(chat, number, turn) {
		const { isOwn } = await runs.start(runId(chat, number), (run) => produce(run, turn, 0));
		return isOwn;
	}

	/** @param {Run} run @param {Turn} turn @param {number} after How many characters of the answer there are already. */
	async function produce({ send, signal }, { question }, after) {
		writing++;
		try {
			await send({ server: name }, { event: "by" });
			for await (const text of answerTo(question, { wordMs, signal, after })) {
				await send({ text }, { event: "delta" });
			}
		} finally {
			writing--;
		}
	}

	return {
		name,
		health: () => sse.health(),
		writing: () => writing,

		/** @param {string} chat */
		turns: (chat) => turns.list(chat),

		/** Resolves when the answer has been begun. @param {string} chat @param {string} question */
		async ask(chat, question) {
			const turn = { question, at: Date.now() };
			const number = await turns.add(chat, turn);
			await write(chat, number, turn);
			sse.send({ group: chat }, { number }, { event: "asked" });
			return { number };
		},

		/** Has an answer that has ended written again. @param {string} chat @param {number} number */
		async restart(chat, number) {
			const turn = (await turns.list(chat))[number - 1];
			if (turn === undefined) return false;
			if (await write(chat, number, turn)) {
				sse.send({ group: chat }, { number }, { event: "restarted" });
			}
			return true;
		},

		/** @param {string} chat @param {number} number */
		stop: (chat, number) => runs.cancel(runId(chat, number)),

		/** @param {string} chat @param {number} number @param {{ req: IncomingMessage, res: ServerResponse }} reader */
		follow: (chat, number, reader) => runs.follow(runId(chat, number), reader),

		/** @param {string} chat @param {{ req: IncomingMessage, res: ServerResponse }} tab */
		open: (chat, tab) => sse.connect({ ...tab, groups: [TABS, chat] }),

		/** To the tabs here: this does not go through Redis. @param {Fleet} newest */
		showFleet(newest) {
			fleet = newest;
			sse.send({ group: TABS }, newest, { event: "fleet", volatile: true });
		},

		/** Hands its answers over, if there is another process, ends the streams over `drainMs`, and then closes what they use. @param {number} drainMs */
		async close(drainMs) {
			const unfinished = client === undefined ? "fail" : "handOver";
			await Promise.all([sse.close({ drainMs }), runs.close({ unfinished })]);
			await answers.close();
			client?.destroy();
		},
	};
}

/** The state of an answer after one more event. @param {AnswerState} state @param {{ data: string }} event @returns {AnswerState} */
function add(state, { data }) {
	const { server = state.server, text = "" } = JSON.parse(data);
	return { server, text: state.text + text };
}

/** @param {string} chat @param {number} number */
function runId(chat, number) {
	return `${chat}/${number}`;
}
