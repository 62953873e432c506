/**
 * The turns of each chat: what was asked. Answers are runs, and not kept here.
 */

/** @typedef {{ question: string, at: number }} Turn */
/**
 * @typedef {object} Turns
 * @property {(chat: string, turn: Turn) => Promise<number>} add Resolves with its number; the first is 1.
 * @property {(chat: string) => Promise<Turn[]>} list
 */

/** How long a chat is kept after its last question. */
export const KEEP_MS = 24 * 3_600_000;
const MAX_CHATS = 1_000;

/** For one process. @returns {Turns} */
export function turnsInMemory() {
	/** The one that was asked something longest ago is first. @type {Map<string, Turn[]>} */
	const chats = new Map();
	return {
		async add(chat, turn) {
			const turns = [...(chats.get(chat) ?? []), turn];
			chats.delete(chat);
			chats.set(chat, turns);
			const [oldest = ""] = chats.keys();
			if (chats.size > MAX_CHATS) chats.delete(oldest);
			return turns.length;
		},
		async list(chat) {
			return chats.get(chat) ?? [];
		},
	};
}

/**
 * For all processes that share a Redis.
 * @param {Pick<ReturnType<typeof import("@redis/client").createClient>, "rPush" | "pExpire" | "lRange">} client
 * @returns {Turns}
 */
export function turnsInRedis(client) {
	/** @param {string} chat */
	const keyOf = (chat) => `chat:${chat}`;
	return {
		async add(chat, turn) {
			const number = await client.rPush(keyOf(chat), JSON.stringify(turn));
			await client.pExpire(keyOf(chat), KEEP_MS);
			return number;
		},
		async list(chat) {
			return (await client.lRange(keyOf(chat), 0, -1)).map((turn) => JSON.parse(turn));
		},
	};
}
