/**
 * A redis-server of a test's own, engines over it, and a way to do to it what happens to one.
 */
import { eventually } from "@sse-service/testing";
import type { RedisServerOptions } from "@sse-service/testing/redis-server";
import { startRedisServer } from "@sse-service/testing/redis-server";
import type { LogEngine, Stored, StoredAt, Storing } from "sse-service/engine";
import { clientOf } from "../src/clients/detect-client.js";
import { type RedisEventLogOptions, resolveOptions } from "../src/options.js";
import { RedisEngine } from "../src/redis-engine.js";
import { type OpenClient, openClient, type Settings } from "./clients.js";

type Server = Awaited<ReturnType<typeof startRedisServer>>;

export interface LabOptions extends Settings {
	readonly library?: string;
	/** Of a proxy; default: of the server. */
	readonly port?: number;
	readonly limits?: Partial<RedisEventLogOptions>;
}

export class Lab {
	readonly server: Server;
	/** More settings of redis-server. */
	readonly args: readonly string[];
	readonly #admin: OpenClient;
	readonly #ends: (() => unknown)[] = [];
	#logs = 0;
	prefix = "log 0";

	private constructor(server: Server, admin: OpenClient, args: readonly string[]) {
		this.server = server;
		this.args = args;
		this.#admin = admin;
	}

	static async start(options: RedisServerOptions = {}): Promise<Lab> {
		const server = await startRedisServer(options);
		return new Lab(server, await openClient("ioredis 6", server.port), options.args ?? []);
	}

	/** Engines that are opened from now on are over another log. */
	begin(): void {
		this.prefix = `log ${++this.#logs}`;
	}

	/** Of the log, by what follows the colon. */
	key(name: string): string {
		return `{${this.prefix}}:${name}`;
	}

	call(...args: readonly string[]): Promise<unknown> {
		return clientOf(this.#admin.client).call(args, "");
	}

	async client({ library = "ioredis 6", port, ...user }: LabOptions = {}): Promise<OpenClient> {
		const opened = await openClient(library, port ?? this.server.port, user);
		this.#ends.push(opened.close);
		return opened;
	}

	/** A driver of its own, not open yet. */
	async engine(options: LabOptions = {}): Promise<RedisEngine> {
		const { client } = await this.client(options);
		const { limits } = resolveOptions(options.limits ?? {});
		const engine = new RedisEngine(clientOf(client), this.prefix, limits);
		this.#ends.push(() => engine.close());
		return engine;
	}

	async openEngine(options: LabOptions = {}): Promise<RedisEngine> {
		const engine = await this.engine(options);
		await engine.open(() => {});
		return engine;
	}

	/** Once a driver waits for events: Redis blocks it, after a first read that does not wait. */
	untilFollowed(): Promise<void> {
		const isBlocked = /^.* flags=\w*b\w* .*cmd=xread/m;
		return until(async () => isBlocked.test(String(await this.call("CLIENT", "LIST"))));
	}

	/** Break the connections of those who wait for events. */
	async cutFollowers(): Promise<void> {
		const list = String(await this.call("CLIENT", "LIST"));
		for (const [, id = ""] of list.matchAll(/^id=(\d+) .*cmd=xread/gm)) {
			await this.call("CLIENT", "KILL", "ID", id);
		}
	}

	/** Close what was opened, the last first. */
	async clear(): Promise<void> {
		for (const end of this.#ends.splice(0).reverse()) await end();
	}

	async stop(): Promise<void> {
		await this.clear();
		this.#admin.close();
		await this.server.stop();
	}
}

let tags = 0;

export function storing(text: string, more: Partial<Storing> = {}): Storing {
	return { text, tag: (36 ** 5 + tags++).toString(36), ...more };
}

/** Append one, and have it stored. */
export async function store(
	engine: LogEngine,
	text: string,
	more: Partial<Storing> = {},
): Promise<StoredAt> {
	const [answer] = await engine.append([storing(text, more)]);
	if (answer instanceof Error || answer === undefined) throw answer;
	return answer;
}

export function textsOf(stored: readonly Stored[]): string[] {
	return stored.map(({ text }) => text);
}

/** Resolves once `test` holds. */
export function until(test: () => Promise<boolean>): Promise<void> {
	return eventually(test, () => `${test}`);
}

/** What an attempt resolves to, once it no longer rejects. */
export async function untilDone<T>(attempt: () => Promise<T>): Promise<T> {
	const done: T[] = [];
	const isDone = async (): Promise<boolean> => {
		try {
			done.push(await attempt());
			return true;
		} catch {
			return false;
		}
	};
	await until(isDone);
	return done[0] as T;
}
