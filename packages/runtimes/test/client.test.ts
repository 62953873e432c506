/**
 * The client under runtimes besides Node and browsers, with a real service. Only in a long run, because each is installed first.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { json, text } from "node:stream/consumers";
import { eventually, isLongRun, startServer } from "@sse-service/testing";
import { createSSEService } from "sse-service";
import { expect, it, onTestFinished } from "vitest";
import { installed } from "../src/on-demand.js";

const RUNTIMES = [
	["Bun", { bun: "1.4.5" }, []],
	["Deno", { deno: "2.9.6" }, ["run", "--allow-all", "--node-modules-dir=manual"]],
] as const;

it.runIf(isLongRun).each(RUNTIMES)(
	"on %s the client renews its token, comes back from where it was, and receives each event once",
	async (name, dependencies, args) => {
		const folder = await installed("client", dependencies);
		const sse = createSSEService({ history: true });
		const bodies: unknown[] = [];
		const server = await startServer(async (req, res) => {
			if (req.headers.authorization !== "Bearer fresh") {
				res.writeHead(401).end();
				return;
			}
			bodies.push(await json(req));
			// A client that is cut off before it has a position has received nothing.
			sse.connect({ req, res, since: "start" });
		});
		onTestFinished(async () => {
			await sse.close();
			await server.destroy();
		});
		const program = join(folder, "node_modules/.bin", name.toLowerCase());
		const client = spawn(program, [...args, join(folder, "client.mjs"), server.url], {
			stdio: ["ignore", "pipe", "inherit"],
		});
		onTestFinished(() => void client.kill("SIGKILL"));
		const written = text(client.stdout);
		const ended = once(client, "exit");
		await eventually(() => sse.stats().connections === 1);
		for (let i = 0; i < 500; i++) {
			sse.send("all", { i, text: "größe ✓" });
			if (i % 100 !== 99) continue;
			const { connectionsOpened } = sse.stats();
			for (const socket of server.sockets) socket.destroy();
			await eventually(() => sse.stats().connectionsOpened > connectionsOpened);
		}
		sse.send("all", "end");
		expect(await ended).toEqual([0, null]);
		const { received, states } = JSON.parse(await written);
		expect(received).toEqual(Array.from({ length: 500 }, (_, i) => ({ i, text: "größe ✓" })));
		expect(states).toEqual(expect.arrayContaining(["open", "waiting"]));
		expect(bodies.length).toBeGreaterThan(4);
		expect(bodies[0]).toEqual({ question: "ü" });
	},
);
