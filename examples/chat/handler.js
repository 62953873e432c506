/**
 * The requests of the page.
 */
import { fileURLToPath } from "node:url";
import { answer, checkMethod, checkString, readJson, sendPageFile } from "example-shared/web";

/**
 * @import { IncomingMessage, ServerResponse } from "node:http"
 * @import { createChat } from "./chat.js"
 */

const PAGE = fileURLToPath(new URL("./page/", import.meta.url));
/** The address of a chat is its only secret: anyone who has it may read. */
const CHAT =
	/^\/chats\/([\w-]{20,40})(?:\/(questions|events)|\/answers\/(\d{1,6})(?:\/(stop|restart))?)?$/;
const MAX_QUESTION_LENGTH = 1_000;

/** @param {Awaited<ReturnType<typeof createChat>>} chat @param {(wish: string) => void} onWish @returns {(req: IncomingMessage, res: ServerResponse) => Promise<void>} */
export function createHandler(chat, onWish) {
	return async (req, res) => {
		const [path = "/"] = (req.url ?? "/").split("?");
		const [match, id = "", part, answered, verb] = CHAT.exec(path) ?? [];
		const number = Number(answered);
		if (part === "events") {
			checkMethod(req, "GET", "HEAD");
			chat.open(id, { req, res });
		} else if (part === "questions") {
			checkMethod(req, "POST");
			const { question } = await readJson(req);
			answer(res, 201, await chat.ask(id, checkString(question, "question", MAX_QUESTION_LENGTH)));
		} else if (verb !== undefined) {
			checkMethod(req, "POST");
			const isDone = await (verb === "stop" ? chat.stop(id, number) : chat.restart(id, number));
			answer(res, 200, { isDone });
		} else if (answered !== undefined) {
			checkMethod(req, "GET");
			await chat.follow(id, number, { req, res });
		} else if (match !== undefined) {
			checkMethod(req, "GET", "HEAD");
			answer(res, 200, { turns: await chat.turns(id) });
		} else if (path === "/wishes") {
			checkMethod(req, "POST");
			onWish(checkString((await readJson(req)).wish, "wish", MAX_QUESTION_LENGTH));
			answer(res, 202, {});
		} else {
			await sendPageFile(req, res, path, PAGE);
		}
	};
}
