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
	/** Whether events go past the framework, to Node's response. */
	readonly isDirect?: boolean;
	/** False where the program cannot act on a signal. */
	readonly hasSignals?: boolean;
	/** Whether the app sets a header by the framework's middleware. */
	readonly hasMiddleware?: boolean;
	/** As it arrives, where the framework changes it. */
	readonly contentType?: string;
	/** Those that arrive, where the framework loses some. */
	readonly cookies?: readonly string[];
	/** Prepare what is in the folder, and name the command that starts the program on a port. */
	prepare(folder: string): Command | Promise<Command>;
}

interface Command {
	readonly path: string;
	args(port: number): readonly string[];
}

const execute = promisify(execFile);

/** What the frameworks need is newer than what sse-service does. */
const NODE = { node: "22.23.3" };

const REACT_ROUTER = {
	...NODE,
	"react-router": "8.4.0",
	"@react-router/dev": "8.4.0",
	"@react-router/node": "8.4.0",
	"@react-router/serve": "8.4.0",
	"@react-router/express": "8.4.0",
	react: "19.3.1",
	"react-dom": "19.3.1",
	isbot: "5.2.3",
	vite: "8.4.0",
	express: "5.3.0",
};

// Both of its servers set headers by Express's `res.append`, which adds a charset to every type of text.
const EXPRESS_TYPE = "text/event-stream; charset=utf-8";

const ELYSIA = { elysia: "1.4.30" };

/** Build the app in a folder of `apps` by a package's command, and start what was built. */
function built(app: string, tool: string, server: readonly [string, ...string[]]) {
	return async (folder: string): Promise<Command> => {
		const node = join(folder, "node_modules/.bin/node");
		const cwd = join(folder, app);
		const [file = "", ...args] = tool.split(" ");
		// Without the variables of the test runner, on which frameworks act.
		const { PATH, HOME } = process.env;
		const env = { PATH, HOME, NODE_ENV: "production", NUXT_TELEMETRY_DISABLED: "1" };
		await execute(node, [join(folder, "node_modules", file), ...args], { cwd, env });
		const [program, ...rest] = server.map((each) => join(folder, each));
		const serve = join(folder, "serve.mjs");
		return { path: node, args: (port) => [serve, `${port}`, `${program}`, ...rest] };
	};
}

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
		hasSignals: false,
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
		name: "Elysia, on Bun",
		hasMiddleware: true,
		dependencies: { bun: "1.4.5", ...ELYSIA },
		prepare: (folder) => ({
			path: join(folder, "node_modules/.bin/bun"),
			args: (port) => [join(folder, "elysia.mjs"), `${port}`],
		}),
	},
	{
		name: "Elysia, on Node",
		isDirect: true,
		hasMiddleware: true,
		// Once anything has set a header, its adapter copies those of the `Response` by `Object.fromEntries`.
		cookies: ["b=2"],
		dependencies: { ...ELYSIA, "@elysiajs/node": "1.4.5" },
		prepare: (folder) => ({
			path: process.execPath,
			args: (port) => [join(folder, "elysia-node.mjs"), `${port}`],
		}),
	},
	{
		name: "Next.js, next start",
		hasMiddleware: true,
		dependencies: { next: "16.4.6", react: "19.2.0", "react-dom": "19.2.0" },
		prepare: async (folder) => {
			const next = join(folder, "node_modules/.bin/next");
			const env = { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" };
			const app = join(folder, "next");
			await execute(next, ["build", app], { cwd: folder, env });
			return { path: next, args: (port) => ["start", app, "-H", "127.0.0.1", "-p", `${port}`] };
		},
	},
	{
		name: "SvelteKit, adapter-node",
		hasMiddleware: true,
		dependencies: {
			...NODE,
			"@sveltejs/kit": "3.2.0",
			"@sveltejs/adapter-node": "6.0.1",
			"@sveltejs/vite-plugin-svelte": "7.3.1",
			svelte: "5.57.3",
			vite: "8.4.0",
		},
		prepare: built("sveltekit", "vite/bin/vite.js build", ["sveltekit/build/index.js"]),
	},
	{
		name: "Astro, @astrojs/node",
		hasMiddleware: true,
		dependencies: { ...NODE, astro: "7.3.5", "@astrojs/node": "11.1.6" },
		prepare: built("astro", "astro/bin/astro.mjs build", ["astro/dist/server/entry.mjs"]),
	},
	{
		name: "Nuxt, Nitro's node-server",
		hasMiddleware: true,
		dependencies: { ...NODE, nuxt: "4.5.2" },
		prepare: built("nuxt", "nuxt/bin/nuxt.mjs build", ["nuxt/.output/server/index.mjs"]),
	},
	{
		name: "React Router, its own server",
		hasMiddleware: true,
		contentType: EXPRESS_TYPE,
		dependencies: REACT_ROUTER,
		prepare: built("react-router", "@react-router/dev/bin.cjs build", [
			"node_modules/@react-router/serve/bin.cjs",
			"react-router/build/server/index.js",
		]),
	},
	{
		name: "React Router, in an Express server",
		hasMiddleware: true,
		contentType: EXPRESS_TYPE,
		dependencies: REACT_ROUTER,
		isDirect: true,
		prepare: built("react-router", "@react-router/dev/bin.cjs build", ["react-router/express.mjs"]),
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
