/**
 * The runtimes and frameworks, each in one version, and how to start the program on it.
 */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

export interface Runtime {
	readonly name: string;
	readonly dependencies: Readonly<Record<string, string>>;
	/** Prepare what is in the folder, and name the command that starts the program on a port. */
	prepare(folder: string): Command | Promise<Command>;
}

interface Command {
	readonly path: string;
	args(port: number): readonly string[];
}

const execute = promisify(execFile);

export const RUNTIMES: readonly Runtime[] = [
	{
		name: "Bun",
		dependencies: { bun: "1.4.5" },
		prepare: (folder) => ({
			path: join(folder, "node_modules/.bin/bun"),
			args: (port) => [join(folder, "bun.mjs"), `${port}`],
		}),
	},
	{
		name: "Deno",
		dependencies: { deno: "2.9.6" },
		prepare: (folder) => ({
			path: join(folder, "node_modules/.bin/deno"),
			args: (port) => [
				"run",
				"--allow-all",
				"--node-modules-dir=manual",
				join(folder, "deno.mjs"),
				`${port}`,
			],
		}),
	},
	{
		name: "workerd, in a Durable Object",
		dependencies: { workerd: "1.20261117.1" },
		prepare: (folder) => {
			const config = join(folder, "worker.capnp");
			writeFileSync(config, workerConfig(folder));
			return {
				path: join(folder, "node_modules/.bin/workerd"),
				args: (port) => ["serve", config, `--socket-addr=http=127.0.0.1:${port}`],
			};
		},
	},
	{
		name: "Next.js, next start",
		dependencies: { next: "16.4.6", react: "19.2.0", "react-dom": "19.2.0" },
		prepare: async (folder) => {
			const next = join(folder, "node_modules/.bin/next");
			const env = { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" };
			const app = join(folder, "next");
			await execute(next, ["build", app], { cwd: folder, env });
			return { path: next, args: (port) => ["start", app, "-H", "127.0.0.1", "-p", `${port}`] };
		},
	},
];

/** Every module by hand, as workerd has no resolution of packages. */
function workerConfig(folder: string): string {
	const dist = "node_modules/sse-service/dist";
	const modules = ["worker.mjs", "app.mjs"].map((file) => [file, file]);
	for (const file of readdirSync(join(folder, dist))) {
		if (!/^(?:fetch|chunk-\w+)\.js$/.test(file)) continue;
		const text = readFileSync(join(folder, dist, file), "utf8");
		// Those of Node's HTTP are not reached from `sse-service/fetch`.
		if (/from "node:(?:http|net)"/.test(text)) continue;
		modules.push([
			file === "fetch.js" ? "sse-service/fetch" : `sse-service/${file}`,
			`${dist}/${file}`,
		]);
	}
	const listed = modules.map(([name, file]) => `(name = "${name}", esModule = embed "${file}")`);
	return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${listed.join(", ")}],
  compatibilityDate = "2026-11-01",
  durableObjectNamespaces = [(className = "Streams", uniqueKey = "streams")],
  durableObjectStorage = (inMemory = void),
  bindings = [(name = "STREAMS", durableObjectNamespace = "Streams")],
);
`;
}
