/**
 * A redis-server of a test's own. Tests that need one are skipped where there is none.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../../../.ci/programs.mjs";
import { type ServerProcess, startServerProcess } from "./server-process.js";

export const redisServerPath: string | undefined = findProgram("redis-server");

export interface RedisServerOptions {
	/** It writes every command to its folder and has its data again after a restart. Otherwise it restarts empty. */
	readonly persistence?: boolean;
	/** More of what redis-server takes: `["--maxmemory", "10mb"]`. */
	readonly args?: readonly string[];
}

export function startRedisServer(options: RedisServerOptions = {}): Promise<ServerProcess> {
	const { persistence = false, args = [] } = options;
	if (redisServerPath === undefined) throw new Error("There is no redis-server on this machine");
	return startServerProcess({
		path: redisServerPath,
		scheme: "redis",
		args: (port, folder) => [
			...["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder],
			...["--save", "", "--appendonly", persistence ? "yes" : "no"],
			...args,
		],
		greeting: "PING\r\n",
		answer: /^\+PONG/,
	});
}

/**
 * A Redis Sentinel alone, which watches over one master by the name `main`. It puts a replica in its place at `SENTINEL
 * FAILOVER`, and not by itself: on a busy machine any server may seem to be down.
 */
export function startRedisSentinel(masterPort: number): Promise<ServerProcess> {
	if (redisServerPath === undefined) throw new Error("There is no redis-server on this machine");
	return startServerProcess({
		path: redisServerPath,
		scheme: "redis",
		args: (port, folder) => {
			// It keeps there what it knows, so it takes no other place for its settings.
			const file = join(folder, "sentinel.conf");
			const settings = [
				...[`port ${port}`, "bind 127.0.0.1", `dir ${folder}`],
				`sentinel monitor main 127.0.0.1 ${masterPort} 1`,
				"sentinel down-after-milliseconds main 3600000",
				"sentinel failover-timeout main 60000",
			];
			if (!existsSync(file)) writeFileSync(file, `${settings.join("\n")}\n`);
			return [file, "--sentinel"];
		},
		greeting: "PING\r\n",
		answer: /^\+PONG/,
	});
}
