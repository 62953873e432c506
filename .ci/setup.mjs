// Gets what the repository needs on a machine with only Node and npm: pnpm, the packages of the lock file, the builds.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { run } from "./command.mjs";
import { nodeProblem, pnpmVersion, root } from "./workspace.mjs";

/** A foreseeable problem: its message is all that is shown. */
export class SetupError extends Error {}

const NETWORK =
	/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT/;
/** A registry that cannot be reached is asked a second time after two seconds, not for minutes. */
const RETRIES = { npm_config_fetch_retries: "1", npm_config_fetch_retry_mintimeout: "2000" };
/** Where pnpm was found the last time: asking npx takes a second. */
const NOTE = join(root, "node_modules", ".cache", "pnpm.json");

/** The environment in which `pnpm`, of the version the root package.json states, and the installed tools are commands. */
export async function toolsEnv() {
	const problem = nodeProblem();
	if (problem !== undefined) throw new SetupError(problem);
	const bin = rememberedPnpm() ?? (await fetchedPnpm());
	return {
		...process.env,
		PATH: [join(root, "node_modules", ".bin"), bin, process.env.PATH ?? ""].join(delimiter),
		TURBO_TELEMETRY_DISABLED: "1",
		TURBO_NO_UPDATE_NOTIFIER: "1",
		DO_NOT_TRACK: "1",
		...(process.stdout.isTTY ? {} : { NO_COLOR: "1" }),
	};
}

/** Brings node_modules in line with the lock file. @param {NodeJS.ProcessEnv} env */
export async function install(env) {
	// --prod=false: NODE_ENV=production would leave the tools out.
	const args = ["install", "--frozen-lockfile", "--prefer-offline", "--prod=false"];
	const { ok, output } = await run("pnpm", args, { cwd: root, env: { ...env, ...RETRIES } });
	if (!ok) throw new SetupError(`pnpm install failed. ${reason(output)}`);
	rememberPnpm(env);
}

/** Builds, by turbo, what is not built yet. @param {NodeJS.ProcessEnv} env @param {readonly string[]} [filter] */
export async function build(env, filter = []) {
	if (!existsSync(join(root, "node_modules", ".bin", "turbo"))) {
		throw new SetupError(
			"Nothing is installed here: run `npm test`, `npm start` or `pnpm install` first.",
		);
	}
	const args = ["run", "build", "--output-logs=errors-only", "--log-order=grouped", ...filter];
	const path = [join(root, ".ci", "bin"), env.PATH].join(delimiter);
	const { ok, output } = await run("turbo", args, { cwd: root, env: { ...env, PATH: path } });
	if (!ok) throw new SetupError(`The build failed.\n${tail(output)}`);
}

/** The folder with pnpm in it, as the last install found it, if it still holds this version. */
function rememberedPnpm() {
	try {
		const { bin, version } = JSON.parse(readFileSync(NOTE, "utf8"));
		const held = JSON.parse(readFileSync(join(bin, "..", "pnpm", "package.json"), "utf8")).version;
		return version === pnpmVersion() && held === version ? String(bin) : undefined;
	} catch {
		return undefined;
	}
}

/** @param {NodeJS.ProcessEnv} env */
function rememberPnpm(env) {
	const bin = pnpmFolder(env.PATH ?? "");
	mkdirSync(dirname(NOTE), { recursive: true });
	writeFileSync(NOTE, JSON.stringify({ bin, version: pnpmVersion() }));
}

async function fetchedPnpm() {
	const version = pnpmVersion();
	const args = ["--yes", `--package=pnpm@${version}`, "-c", "node -p process.env.PATH"];
	const { ok, output } = await run("npx", args, { cwd: root, env: { ...process.env, ...RETRIES } });
	const bin = ok
		? output
				.split("\n")
				.map(pnpmFolder)
				.find((dir) => dir !== undefined)
		: undefined;
	if (bin === undefined) {
		throw new SetupError(`npx could not get pnpm ${version}. ${reason(output)}`);
	}
	return bin;
}

/** @param {string} path */
function pnpmFolder(path) {
	return path.split(delimiter).find((dir) => existsSync(join(dir, "pnpm")));
}

/** One sentence where the cause is plain, else what the command said. @param {string} output */
function reason(output) {
	const code = NETWORK.exec(output)?.[0];
	return code === undefined
		? `It said:\n${tail(output)}`
		: `The npm registry cannot be reached (${code}): is there a network?`;
}

/** @param {string} output */
function tail(output) {
	return output.trimEnd().split("\n").slice(-40).join("\n");
}
