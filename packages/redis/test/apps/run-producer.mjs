// A process that produces a run for as long as it lives, and hands it over at SIGTERM:
// `node run-producer.mjs PORT PREFIX LEASE_MS`.
import { createClient } from "redis";
import { createRuns } from "sse-service/runs";
import { redisRunStore } from "../../dist/index.js";

const [port, prefix, leaseMs] = process.argv.slice(2);
const client = createClient({ socket: { host: "127.0.0.1", port: Number(port) } });
await client.connect();
const runs = createRuns({ store: redisRunStore({ client, prefix }), leaseMs: Number(leaseMs) });
await runs.start("answer", async (run) => {
	for (let i = 0; !run.signal.aborted; i++) {
		await run.send(i);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
});
process.once("SIGTERM", async () => {
	await runs.close({ unfinished: "handOver" });
	client.destroy();
});
process.stdout.write("started\n");
