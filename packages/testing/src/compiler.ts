/**
 * TypeScript over files of a project: by version 7, which is written in Go and takes a tenth of the time of version 6, or by
 * version 6, where the arguments ask for what it was the last to have. In a long run both must accept everything else.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { typescript7 } from "../../../.ci/typescript-7.mjs";
import { isLongRun } from "./long-run.js";

const execute = promisify(execFile);
const MODULES = join(import.meta.dirname, "../../../node_modules");
const ALWAYS = [
	["--typeRoots", join(MODULES, "@types"), "--types", "node"],
	["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess"],
	["--module", "nodenext", "--target", "es2023"],
	// What it says of TypeScript's own declarations is dropped below, and to check them takes half of the time.
	["--skipDefaultLibCheck"],
].flat();
const OF_VERSION_6 = "--ignoreDeprecations";

/**
 * Compile files of the folder `dir`, each beside itself; `args` are arguments of `tsc`, names of files among them.
 * @returns what the compiler says of files in `dir`, the declarations of what is installed there included
 */
export async function compileIn(dir: string, args: readonly string[]): Promise<string> {
	const all = [...ALWAYS, ...args];
	// Most who compile need it not, and it takes a third of a second to load.
	const compileByTypeScript6 = async () =>
		(await import("./typescript-6.js")).compileByTypeScript6(dir, all);
	if (args.includes(OF_VERSION_6)) return compileByTypeScript6();
	const complaints = await compileByTypeScript7(dir, all);
	return complaints === "" && isLongRun ? compileByTypeScript6() : complaints;
}

async function compileByTypeScript7(dir: string, args: readonly string[]): Promise<string> {
	// Of four checkers, which are usual, each works out again what the others know: that takes twice the time of a processor.
	const command = ["--pretty", "false", "--singleThreaded", ...args];
	// It ends long before it has used the memory that is there: to collect garbage takes a third of its time.
	const options = { cwd: dir, env: { ...process.env, GOGC: "off" } };
	const { stdout, stderr } = await execute(typescript7, command, options).catch(
		// With complaints, its exit code is not 0.
		(ended: { readonly stdout: string; readonly stderr: string }) => ended,
	);
	// A complaint begins a line, and may continue in lines that are indented.
	const each = stdout.split(/^(?=\S)/m);
	return each.filter((complaint) => !complaint.startsWith("../")).join("") + stderr;
}
