/**
 * A nats-server of a test's own, with JetStream. Tests that need one are skipped where there is none.
 */
import { join } from "node:path";
import { findProgram } from "../../../.ci/programs.mjs";
import { type ServerProcess, startServerProcess } from "./server-process.js";

export const natsServerPath: string | undefined = findProgram("nats-server");

export interface NatsServerOptions {
	/** More of what nats-server takes. */
	readonly args?: readonly string[];
}

/** What it stores is in its folder: a restart finds it again, unless the test has removed it before. */
export function startNatsServer({ args = [] }: NatsServerOptions = {}): Promise<ServerProcess> {
	if (natsServerPath === undefined) throw new Error("There is no nats-server on this machine");
	return startServerProcess({
		path: natsServerPath,
		scheme: "nats",
		args: (port, folder) => [
			...["--addr", "127.0.0.1", "--port", `${port}`],
			...["--jetstream", "--store_dir", join(folder, "jetstream"), ...args],
		],
		answer: /^INFO \{.*"jetstream":true/,
	});
}
