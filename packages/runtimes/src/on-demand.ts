/**
 * Packages that are installed when a long run needs them, into a cache that later runs use.
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);
const HERE = join(import.meta.dirname, "..");
const REPOSITORY = join(HERE, "../..");
const CACHE = join(REPOSITORY, "node_modules/.cache/runtimes");

/** Packages of this repository, and their folders. */
const OURS = [
	["sse-service", "core"],
	["@sse-service/client", "client"],
] as const;

/**
 * Resolves with a folder that has the packages, ours as they are built, and the programs of `apps`.
 *
 * @param user each has folders of its own, so that none of them changes what another runs
 * @param dependencies exact versions by name
 */
export async function installed(
	user: string,
	dependencies: Readonly<Record<string, string>>,
): Promise<string> {
	const versions = Object.entries(dependencies).map((each) => each.join("@"));
	const folder = join(CACHE, user, versions.join("+").replaceAll("/", "-"));
	const isComplete = join(folder, ".complete");
	if (!existsSync(isComplete)) {
		rmSync(folder, { recursive: true, force: true });
		mkdirSync(folder, { recursive: true });
		const manifest = { private: true, type: "module", dependencies };
		writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
		await execute("npm", ["install", "--no-audit", "--no-fund"], { cwd: folder });
		writeFileSync(isComplete, "");
	}
	// Copied, as it is installed: Deno loads nothing through a link that leads out of its folder.
	for (const [name, source] of OURS) {
		for (const part of ["package.json", "dist"]) {
			const to = join(folder, "node_modules", name, part);
			rmSync(to, { recursive: true, force: true });
			cpSync(join(REPOSITORY, "packages", source, part), to, { recursive: true });
		}
	}
	cpSync(join(HERE, "apps"), folder, { recursive: true });
	return folder;
}
