// What a follower of each of many runs costs: a subscription to what the stream republishes, or an ephemeral consumer.
// `node packages/nats/test/load/followers.mjs [RUNS=500] [SECONDS=5]` starts a nats-server for each, and prints its CPU time.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";

const [runs = 500, seconds = 5] = process.argv.slice(2).map(Number);
const NANOSECONDS = 1_000_000_000;

for (const way of ["subscriptions", "consumers"]) {
	const port = await freePort();
	const folder = mkdtempSync(join(tmpdir(), "sse-followers-"));
	const args = ["--addr", "127.0.0.1", "--port", `${port}`, "--jetstream", "--store_dir", folder];
	const server = spawn("nats-server", args, { stdio: "ignore" });
	const producer = await connected(port);
	const follower = await connected(port);
	const ask = async (subject, body) => {
		const answer = await producer.request(`$JS.API.${subject}`, JSON.stringify(body), {
			timeout: 60_000,
		});
		const { error, ...rest } = answer.json();
		if (error !== undefined) throw new Error(error.description);
		return rest;
	};
	const republish = { src: "R.run.>", dest: "R.live.>" };
	await ask("STREAM.CREATE.R", { name: "R", subjects: ["R.run.>"], republish });
	let received = 0;
	const callback = (error, message) => {
		if (error === null && message.headers?.code !== 100) received++;
	};
	const began = performance.now();
	for (let i = 0; i < runs; i++) {
		follower.subscribe(way === "subscriptions" ? `R.live.${i}` : `I.${i}`, { callback });
		if (way === "consumers") {
			await ask("CONSUMER.CREATE.R", {
				stream_name: "R",
				config: {
					...{ deliver_policy: "all", filter_subject: `R.run.${i}`, deliver_subject: `I.${i}` },
					...{ ack_policy: "none", mem_storage: true, num_replicas: 1, flow_control: true },
					idle_heartbeat: NANOSECONDS,
				},
			});
		}
	}
	await follower.flush();
	const made = performance.now() - began;
	const before = cpuOf(server.pid);
	const text = new Uint8Array(200);
	let sent = 0;
	for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
		for (let i = 0; i < runs; i++, sent++) producer.publish(`R.run.${i}`, text);
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	while (received < sent) await new Promise((resolve) => setTimeout(resolve, 10));
	const took = performance.now() - began - made;
	const perMessage = ((cpuOf(server.pid) - before) * 1000) / sent;
	process.stdout.write(
		`${runs} ${way}: made in ${Math.round(made)} ms; ${sent} messages, the last one received after ${Math.round(took)} ms; CPU of nats-server ${perMessage.toFixed(1)} µs per message\n`,
	);
	await producer.close();
	await follower.close();
	server.kill();
	await new Promise((resolve) => server.once("exit", resolve));
	rmSync(folder, { recursive: true });
}

/** In milliseconds. */
function cpuOf(pid) {
	const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
	return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function connected(port) {
	for (;;) {
		try {
			return await connect({ servers: `127.0.0.1:${port}` });
		} catch {
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	}
}

function freePort() {
	return new Promise((resolve) => {
		const server = createServer().listen(0, "127.0.0.1", () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});
}
