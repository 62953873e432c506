/**
 * A process with runs that takes requests over HTTP: `node runs-member.js OPTIONS`, as JSON.
 */
import { createServer, type ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { createRuns, type Run } from "sse-service/runs";
import { connectStore, type RunEngineName } from "./connect-store.js";
import { flawed, type RunFlaw } from "./run-flaws.js";
import { encodeToken, planOf } from "./token.js";

export interface RunMemberOptions {
	readonly port: number;
	readonly engine: RunEngineName;
	readonly url: string;
	readonly leaseMs: number;
	readonly flaw?: RunFlaw | undefined;
}

const { port, engine, url, leaseMs, flaw }: RunMemberOptions = JSON.parse(process.argv[2] ?? "{}");
const { store, close } = await connectStore(engine, url);
const runs = createRuns({
	store: flawed(store, flaw),
	leaseMs,
	resume: (run, { sequence }) => produce(run, sequence),
	onError: (error, { id }) => report(error, id),
});
let producers = 0;

/** Yields its tokens from one on, until it is stopped. */
async function produce(run: Run, from: number): Promise<void> {
	const { tokens, everyMs } = planOf(run.id);
	const producer = `${process.pid}-${++producers}`;
	for (let index = from; index < tokens && !run.signal.aborted; index++) {
		await run.send(encodeToken({ index, producer }));
		await pause(everyMs);
	}
}

function report(error: unknown, id: string | undefined): void {
	process.stderr.write(`${id}: ${error instanceof Error ? error.message : error}\n`);
}

function answer(res: ServerResponse, body: object): void {
	res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const server = createServer(async (req, res) => {
	const { pathname, searchParams } = new URL(req.url ?? "/", "http://localhost");
	const id = searchParams.get("id") ?? "";
	try {
		if (pathname === "/start") {
			const { isOwn, status } = await runs.start(id, (run) => produce(run, 0));
			answer(res, { isOwn, attempt: status.attempt });
		} else if (pathname === "/cancel") answer(res, { isCancelled: await runs.cancel(id) });
		else if (pathname === "/follow") await runs.follow(id, { req, res });
		else answer(res, {});
	} catch (error) {
		report(error, id);
		if (!res.headersSent) res.writeHead(503).end();
	}
});
server.listen(port, "127.0.0.1");

process.once("SIGTERM", async () => {
	server.close();
	await runs.close({ unfinished: "handOver" });
	server.closeAllConnections();
	await close();
	process.exit(0);
});
