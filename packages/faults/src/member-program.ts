/**
 * A process of the fleet: a server whose service shares an event log with others. A program of its own, started by the fleet.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { createSSEService, type Target } from "sse-service";
import { connectEngine, type EngineName } from "./connect-engine.js";
import { makeForgetful } from "./forgetful.js";
import { STATE_GROUP } from "./received.js";

/** What it is told when it is started. */
export interface MemberOptions {
	readonly port: number;
	readonly engine: EngineName;
	/** Of the engine, through a proxy. */
	readonly url: string;
	readonly maxEvents: number;
	readonly drainMs: number;
	/** Its log is wrong. */
	readonly isForgetful: boolean;
}

/** What it is told to publish. */
export interface Publication {
	readonly number: number;
	readonly target: Target;
	/** Besides the number. */
	readonly padding: number;
	readonly idempotencyKey?: string | undefined;
	readonly key?: string | undefined;
	/** By `send`, which says nothing of what becomes of it. */
	readonly isSent?: boolean;
}

/** What it answers. */
export type Answer = { readonly id: string } | { readonly code: string };

// Little is kept, and little waits, so that both bounds are reached.
const HISTORY = {
	maxEvents: 100,
	maxBytes: 200_000,
	groups: { [STATE_GROUP]: { latest: true } },
};
const MAX_BUFFERED_BYTES = 64 * 1024;

const options: MemberOptions = JSON.parse(process.argv[2] ?? "");
const engine = await connectEngine(options.engine, options.url, options.maxEvents);
if (options.isForgetful) makeForgetful(engine.eventLog);
const sse = createSSEService({
	eventLog: engine.eventLog,
	history: HISTORY,
	maxBufferedBytes: MAX_BUFFERED_BYTES,
	heartbeatIntervalMs: 1_000,
	publishTimeoutMs: 3_000,
	retryMs: 100,
	onError: (error, { stage }) => process.stderr.write(`${stage}: ${error}\n`),
});

const server = createServer(async (req, res) => {
	try {
		const { pathname, searchParams } = new URL(req.url ?? "/", "http://localhost");
		if (pathname === "/events") {
			const groups = searchParams.get("groups")?.split(",").filter(Boolean) ?? [];
			sse.connect({ req, res, clientId: searchParams.get("client") ?? "", groups });
		} else if (pathname === "/publish") {
			res.end(JSON.stringify(await publish(await bodyOf(req))));
		} else {
			res.end(JSON.stringify({ ...sse.health(), stats: sse.stats() }));
		}
	} catch (error) {
		const { statusCode = 500, code } = error as { statusCode?: number; code?: string };
		res.writeHead(statusCode).end(code);
	}
});
server.listen(options.port, "127.0.0.1");

async function publish(publication: Publication): Promise<Answer> {
	const { number, target, padding, idempotencyKey, key, isSent } = publication;
	const text = `${number} ${"x".repeat(padding)}`;
	try {
		if (isSent === true) {
			sse.send(target, text, { key });
			return { code: "sent" };
		}
		return await sse.publish(target, text, { idempotencyKey, key });
	} catch (error) {
		return { code: (error as { code?: string }).code ?? String(error) };
	}
}

async function bodyOf(req: IncomingMessage): Promise<Publication> {
	let text = "";
	for await (const part of req.setEncoding("utf8")) text += part;
	return JSON.parse(text);
}

await once(process, "SIGTERM");
await sse.close({ drainMs: options.drainMs });
server.close();
server.closeAllConnections();
await engine.close();
