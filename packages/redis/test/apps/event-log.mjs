// The log for the options of an adapter, in the Redis of the test.

import { redisEventLog } from "@sse-service/redis";
import { createClient } from "redis";

const [, , url, prefix] = process.argv;
const client = createClient({ url });
client.on("error", () => {});
await client.connect();

export const options = { eventLog: redisEventLog({ client, prefix }), drainMs: 0 };

/** Reports the address of the app to the test, sends what the test requests with the documented functions, and ends with the test. */
export function serve(port, sendSSEToAll) {
	process.on("message", (text) => sendSSEToAll(text));
	process.on("disconnect", () => process.exit());
	process.send?.(port);
}
