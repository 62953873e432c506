// A process of Node as the place where a client runs.

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** @typedef {import("./main.js").Place} Place */

const PROGRAM = fileURLToPath(new URL("in-node.js", import.meta.url));

/**
 * Node 20 has no `EventSource`; that of undici is what Node 22 has behind a flag. `@microsoft/fetch-event-source` needs a window,
 * and Node cannot resolve the modules of `sse-runtime-core`.
 */
export const NAMES = [
	"EventSource of undici",
	"eventsource",
	"@sse-service/client",
	"eventsource-client",
	"event-source-plus",
];

/** @type {Place} */
export async function inNode(name, url) {
	const child = fork(PROGRAM, [name, `${url}/events`]);
	return {
		async look() {
			child.send("look");
			const [seen] = await once(child, "message");
			return seen;
		},
		async end() {
			const ended = once(child, "exit");
			child.kill();
			await ended;
		},
	};
}
