/**
 * Streams of sse-service beside those of a loop by hand, in one process of Bun or Deno: what `src/cost.mjs` measures.
 */
import process from "node:process";
import { createSSEService, respond } from "sse-service/fetch";

const TEXT = "x".repeat(100);
const service = createSSEService({ heartbeatIntervalMs: 0 });
const controllers = new Set();

const WAYS = {
	ours: {
		open: (request) => respond(request, { service }).response,
		send: () => service.send("all", TEXT),
	},
	// Nothing bounded, nothing validated, and encoded once for all.
	hand: {
		open() {
			let own;
			const body = new ReadableStream({
				start(controller) {
					own = controller;
					controllers.add(own);
					own.enqueue(new TextEncoder().encode(": open\n"));
				},
				cancel: () => controllers.delete(own),
			});
			return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
		},
		send() {
			const bytes = new TextEncoder().encode(`data: ${TEXT}\n\n`);
			for (const controller of controllers) controller.enqueue(bytes);
		},
	},
};

function handle(request) {
	const [, name, verb] = new URL(request.url).pathname.split("/");
	const way = WAYS[name];
	if (verb === "events") return way.open(request);
	if (verb === "send") way.send();
	const { user, system } = process.cpuUsage();
	return Response.json(user + system);
}

const port = Number(process.argv[2]);
const hostname = "127.0.0.1";
if (globalThis.Bun) Bun.serve({ port, hostname, idleTimeout: 0, fetch: handle });
else Deno.serve({ port, hostname, onListen() {} }, handle);
