// What the options of an adapter are given: the log in the Redis of the test.

import { redisEventLog } from "@sse-service/redis";
import { createClient } from "redis";

const [, , url, prefix] = process.argv;
const client = createClient({ url });
client.on("error", () => {});
await client.connect();

export const options = { eventLog: redisEventLog({ client, prefix }), drainMs: 0 };

/** Tell the test where the app is, say what it is told to by the functions everyone has, and end when the test does. */
export function serve(port, sendSSEToAll) {
	process.on("message", (text) => sendSSEToAll(text));
	process.on("disconnect", () => process.exit());
	process.send?.(port);
}
