/**
 * One of several processes.
 */
import { serveAsMember, tellWish } from "example-shared/worker";
import { createChat } from "./chat.js";
import { createHandler } from "./handler.js";

const [name = "", redisUrl] = process.argv.slice(2);
const chat = await createChat({ name, redisUrl, wordMs: Number(process.env.WORD_MS || 40) });
const handle = createHandler(chat, tellWish);

await serveAsMember({
	handle(req, res) {
		// So that the balancer chooses again for each request.
		res.setHeader("Connection", "close");
		return handle(req, res);
	},
	health: chat.health,
	report: () => ({ isReady: chat.health().ready, writing: chat.writing() }),
	onFleet: chat.showFleet,
	close: chat.close,
});
