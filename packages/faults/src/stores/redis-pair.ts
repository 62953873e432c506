/**
 * Two Redis servers that keep their data in files: a primary, and a replica that follows it through a proxy.
 */
import { startRedisServer } from "@sse-service/testing/redis-server";
import type { ServerProcess } from "@sse-service/testing/server-process";
import { startTcpProxy, type TcpProxy } from "@sse-service/testing/tcp-proxy";
import { createClient } from "redis";
import { limitOf, pause } from "../clock.js";
import type { Entry, Found } from "../truth/branch.js";
import type { Bookmark } from "../truth/ledger.js";
import { contentOf } from "./log-text.js";

// As the log documents them.
export const LOG = "{sse}:log";
const HEAD = "{sse}:head";

// Writes do not wait for the disk: after a kill, the data is in the system's cache.
const SERVER = {
	persistence: true,
	args: ["--appendfsync", "no", "--repl-diskless-sync-delay", "0"],
};

const REPLICATION_TIMEOUT_MS = 15_000;

export class RedisPair {
	/** Between the two. */
	readonly replication: TcpProxy;
	#primary: ServerProcess;
	#replica: ServerProcess;

	private constructor(primary: ServerProcess, replica: ServerProcess, replication: TcpProxy) {
		this.#primary = primary;
		this.#replica = replica;
		this.replication = replication;
	}

	static async start(): Promise<RedisPair> {
		const primary = await startRedisServer(SERVER);
		let replica: ServerProcess | undefined;
		try {
			replica = await startRedisServer(SERVER);
			const pair = new RedisPair(primary, replica, await startTcpProxy(primary.port));
			await pair.follow();
			await pair.untilFollowing();
			return pair;
		} catch (error) {
			await primary.stop();
			await replica?.stop();
			throw error;
		}
	}

	get primary(): ServerProcess {
		return this.#primary;
	}

	get replica(): ServerProcess {
		return this.#replica;
	}

	/** Makes the replica follow the primary: from now on it accepts writes from nobody else. */
	async follow(): Promise<void> {
		this.replication.target = this.#primary.port;
		await call(this.#replica, "REPLICAOF", "127.0.0.1", `${this.replication.port}`);
	}

	/** Resolves when the replica has what the primary has. */
	async untilFollowing(): Promise<void> {
		for (const isOver = limitOf(REPLICATION_TIMEOUT_MS); !isOver(); await pause(50)) {
			const reply = String(await call(this.#replica, "INFO", "replication"));
			if (reply.includes("master_link_status:up")) return;
		}
		throw new Error(`The replica does not follow: ${this.#replica.output.slice(-1_000)}`);
	}

	/** Makes the replica stop following. @returns the newest sequence that it has */
	async promote(): Promise<number> {
		await call(this.#replica, "REPLICAOF", "NO", "ONE");
		return newestOf(this.#replica);
	}

	/** Swaps the two. */
	swap(): void {
		[this.#primary, this.#replica] = [this.#replica, this.#primary];
	}

	async stop(): Promise<void> {
		await this.replication.close();
		await Promise.all([this.#primary.stop(), this.#replica.stop()]);
	}
}

export async function newestOf(server: ServerProcess): Promise<number> {
	return Number(await call(server, "HGET", HEAD, "sequence"));
}

/** Reads like a store. It uses no script, because a server whose writers are paused would not run one. */
export async function readLog(
	server: ServerProcess,
	after: Bookmark | undefined,
): Promise<Found | undefined> {
	return connected(server, async (client) => {
		const epoch = await client.hGet(HEAD, "epoch");
		const from = epoch === after?.epoch ? `${(after?.sequence ?? 0) + 1}` : "-";
		const read = client.multi().addCommand(["HGET", HEAD, "epoch"]);
		const [still, entries] = (await read.addCommand(["XRANGE", LOG, from, "+"]).exec()) as [
			unknown,
			[id: string, fields: string[]][],
		];
		// It was recreated in the meantime, or does not exist.
		if (epoch === null || still !== epoch) return undefined;
		const found = entries.map(
			([id, fields]) => [Number.parseInt(id, 10), entryIn(fields)] as const,
		);
		return { epoch, entries: new Map(found) };
	});
}

export function call(server: ServerProcess, ...command: readonly string[]): Promise<unknown> {
	return connected(server, (client) => client.sendCommand([...command]));
}

async function connected<Result>(
	server: ServerProcess,
	use: (client: ReturnType<typeof clientFor>) => Promise<Result>,
): Promise<Result> {
	const client = clientFor(server);
	await client.connect();
	try {
		return await use(client);
	} finally {
		client.destroy();
	}
}

function clientFor({ url }: ServerProcess) {
	const client = createClient({ url, socket: { reconnectStrategy: false } });
	client.on("error", () => {});
	return client;
}

function entryIn(fields: readonly string[]): Entry {
	const fieldOf = (name: string): string => {
		const place = fields.findIndex((field, index) => index % 2 === 0 && field === name);
		return place < 0 ? "" : (fields[place + 1] ?? "");
	};
	return { tag: fieldOf("t"), ...contentOf(fieldOf("d")) };
}
