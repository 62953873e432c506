/**
 * Reads a stream with `@sse-service/client` until the event "end", and writes what it had: a program for runtimes besides Node and
 * browsers.
 */
import process from "node:process";
import { openStream } from "@sse-service/client";

let token = "expired";
const stream = openStream(process.argv[2], {
	method: "POST",
	body: () => JSON.stringify({ question: "ü" }),
	headers: () => ({ authorization: `Bearer ${token}` }),
	onUnauthorized: () => {
		token = "fresh";
	},
	retry: { baseMs: 1, maxMs: 10 },
	maxWaiting: 10,
});
const states = new Set();
stream.onState((state) => states.add(state));
const received = [];
for await (const { data } of stream) {
	if (data === "end") break;
	received.push(data);
}
stream.close();
process.stdout.write(JSON.stringify({ received, states: [...states] }));
