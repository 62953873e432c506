/**
 * A process of the fleet: a server whose service shares an event log with others. A separate program, started by the fleet.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { setTimeout } from "node:timers/promises";
import { createSSEService, type SSEConnection, type SSEMessage, type Target } from "sse-service";
import { DIRECT, HEAVY, RECOVERED } from "../crowd/direct.js";
import { STATE_GROUPS } from "../truth/target.js";
import { connectEngine, type EngineName } from "./connect-engine.js";
import { type Flaw, makeFlawed } from "./flaws.js";

/** What the fleet starts it with. */
export interface MemberOptions {
	readonly port: number;
	readonly engine: EngineName;
	/** Of the engine, through a proxy. */
	readonly url: string;
	readonly maxEvents: number;
	readonly drainMs: number;
	/** How wrong its clock is. */
	readonly skewMs: number;
	/** What it does with a client that does not read. */
	readonly slowPolicy: "close" | "conflate";
	/** Of its log. */
	readonly flaw?: Flaw | undefined;
}

/** What it must publish. */
export interface Publication {
	readonly number: number;
	readonly target: Target;
	/** Besides the number. */
	readonly padding: number;
	readonly idempotencyKey?: string | undefined;
	readonly key?: string | undefined;
	/** The application's own id. */
	readonly id?: string | undefined;
	readonly ttlMs?: number | undefined;
	/** By `send`, which does not report the outcome. */
	readonly isSent?: boolean;
}

/** What it must do with the groups of a client. */
export interface Order {
	readonly do: "join" | "leave";
	readonly clientId: string;
	readonly groups: readonly string[];
}

/** What it answers. */
export type Answer = { readonly id: string } | { readonly code: string };

// Small limits for history and queues, so that both are reached.
const HISTORY = {
	maxEvents: 100,
	maxBytes: 200_000,
	groups: Object.fromEntries(STATE_GROUPS.map((group) => [group, { latest: true }])),
};
const MAX_BUFFERED_BYTES = 64 * 1024;

/** Between events of a pipe, in milliseconds. */
const PIPE_MS = 700;

/** More than the operating system takes for a client that does not read: events of this many bytes, this often. */
const HEAVY_BYTES = 256 * 1024;
const HEAVY_EVENTS = 20;

/** How long the application takes to recover. */
const RECOVER_MS = 20;

const options: MemberOptions = JSON.parse(process.argv[2] ?? "");
const clock = Date.now;
Date.now = () => clock() + options.skewMs;
const engine = await connectEngine(options.engine, options.url, options.maxEvents);
if (options.flaw !== undefined) makeFlawed(engine.eventLog, options.flaw);
const sse = createSSEService({
	eventLog: engine.eventLog,
	history: HISTORY,
	maxBufferedBytes: MAX_BUFFERED_BYTES,
	slowPolicy: options.slowPolicy,
	heartbeatIntervalMs: 1_000,
	publishTimeoutMs: 3_000,
	retryMs: 100,
	recover: ({ groups, reason, lastEventId }) =>
		groups.includes(RECOVERED) && recover(reason, lastEventId),
	onError: (error, { stage }) => void process.stderr.write(`${stage}: ${error}\n`),
});

const server = createServer(async (req, res) => {
	try {
		const { pathname, searchParams } = new URL(req.url ?? "/", "http://localhost");
		if (pathname === "/events") {
			const groups = searchParams.get("groups")?.split(",").filter(Boolean) ?? [];
			const clientId = searchParams.get("client") ?? "";
			const { connection } = sse.connect({ req, res, clientId, groups });
			if (searchParams.has(HEAVY)) {
				void fill(connection).catch((error) => process.stderr.write(`pipe: ${error}\n`));
			}
			if (searchParams.has(DIRECT)) {
				void sendDirectly(connection).catch((error) => process.stderr.write(`pipe: ${error}\n`));
			}
		} else if (pathname === "/clients") {
			res.end(JSON.stringify(await sse.clientsIn()));
		} else if (pathname === "/publish") {
			res.end(JSON.stringify(await publish(await bodyOf<Publication>(req))));
		} else if (pathname === "/tell") {
			const { do: what, clientId, groups } = await bodyOf<Order>(req);
			sse[what]({ client: clientId }, groups);
			res.end("{}");
		} else {
			res.end(JSON.stringify({ ...sse.health(), stats: sse.stats() }));
		}
	} catch (error) {
		const { statusCode = 500, code } = error as { statusCode?: number; code?: string };
		res.writeHead(statusCode).end(code);
	}
});
server.listen(options.port, "127.0.0.1");

async function recover(
	reason: string,
	lastEventId: string,
): Promise<readonly { readonly event: string; readonly data: object }[]> {
	// The log may break meanwhile.
	await setTimeout(RECOVER_MS);
	if (options.flaw === "unrecovered") return [];
	return [{ event: RECOVERED, data: { reason, lastEventId } }];
}

async function publish(publication: Publication): Promise<Answer> {
	const { number, target, padding, idempotencyKey, key, id, ttlMs, isSent } = publication;
	const text = `${number} ${"x".repeat(padding)}`;
	try {
		if (isSent === true) {
			sse.send(target, text, { key, id, ttlMs });
			return { code: "sent" };
		}
		return await sse.publish(target, text, { idempotencyKey, key, id, ttlMs });
	} catch (error) {
		return { code: (error as { code?: string }).code ?? String(error) };
	}
}

/** Events for one connection, with the application's ids: one at once, and others as the client reads. */
async function sendDirectly(connection: SSEConnection): Promise<void> {
	connection.send("hello", { event: DIRECT, id: "hello" });
	const toEvent = (id: string): SSEMessage => ({ data: id, event: DIRECT, id });
	await connection.pipe(piped, { toEvent });
}

/** From then on events wait, until the client reads. */
async function fill(connection: SSEConnection): Promise<void> {
	const data = "x".repeat(HEAVY_BYTES);
	await connection.pipe(Array(HEAVY_EVENTS).fill(data), { event: HEAVY });
}

async function* piped(signal: AbortSignal): AsyncIterable<string> {
	for (let count = 1; !signal.aborted; count++) {
		yield `piped ${count}`;
		await setTimeout(PIPE_MS, undefined, { ref: false });
	}
}

async function bodyOf<Body>(req: IncomingMessage): Promise<Body> {
	let text = "";
	for await (const part of req.setEncoding("utf8")) text += part;
	return JSON.parse(text);
}

await once(process, "SIGTERM");
await sse.close({ drainMs: options.drainMs });
server.close();
server.closeAllConnections();
await engine.close();
