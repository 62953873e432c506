/**
 * The process: starts the chat in itself or, with `PROCESSES=3`, in three processes over Redis. Says where it is, and ends it.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { answerError } from "example-shared/web";
import { createFleet } from "./fleet.js";
import { createHandler } from "./handler.js";

/** @import { AddressInfo } from "node:net" */

const {
	HOST: host = "127.0.0.1",
	PORT: port = "3000",
	PROCESSES = "1",
	WORD_MS = "40",
} = process.env;
const chat = PROCESSES === "1" ? await createSingle() : createFleet();

/** The chat in this process, with everything in its memory. */
async function createSingle() {
	const { createChat } = await import("./chat.js");
	const chat = await createChat({ name: "one", wordMs: Number(WORD_MS) });
	const handle = createHandler(chat, () => {});
	const server = createServer((req, res) => {
		handle(req, res).catch((error) => answerError(res, error));
	});
	return {
		/** @param {string} port @param {string} host */
		async listen(port, host) {
			server.listen({ port, host });
			await once(server, "listening");
			const name = host.includes(":") ? `[${host}]` : host;
			return `http://${name}:${/** @type {AddressInfo} */ (server.address()).port}`;
		},
		async close() {
			server.close();
			await chat.close(0);
		},
	};
}

// SIGHUP: the terminal is closed.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
	process.once(signal, async () => {
		await chat.close();
		process.exit(0);
	});
}

try {
	console.log(`Answers that outlive their connection: ${await chat.listen(port, host)}`);
} catch (error) {
	const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
	await chat.close();
	console.error(
		code === "EADDRINUSE"
			? `Port ${port} is taken. Choose another one, for example PORT=3001 npm start chat`
			: `It does not start: ${message}`,
	);
	process.exit(1);
}
