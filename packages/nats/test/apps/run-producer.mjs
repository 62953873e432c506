// A process that produces a run for as long as it lives, and hands it over at SIGTERM:
// `node run-producer.mjs PORT PREFIX LEASE_MS`.
import { connect } from "@nats-io/transport-node";
import { createRuns } from "sse-service/runs";
import { natsRunStore } from "../../dist/index.js";

const [port, prefix, leaseMs] = process.argv.slice(2);
const connection = await connect({ servers: `127.0.0.1:${port}`, maxReconnectAttempts: -1 });
const runs = createRuns({ store: natsRunStore({ connection, prefix }), leaseMs: Number(leaseMs) });
await runs.start("answer", async (run) => {
	for (let i = 0; !run.signal.aborted; i++) {
		await run.send(i);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
});
process.once("SIGTERM", async () => {
	await runs.close({ unfinished: "handOver" });
	await connection.close();
});
process.stdout.write("started\n");
