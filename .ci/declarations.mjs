// `node ../../.ci/declarations.mjs`, in a package: writes the declarations of its sources to `.declarations`, which git ignores,
// by the compiler that is written in Go. tsup bundles them. To write them itself, it would check all types by the compiler in
// JavaScript, which takes the core 10 s of CPU time instead of one. Types have a check of their own: .ci/types.mjs.

import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { typescript7 } from "./typescript-7.mjs";

const FOLDER = ".declarations";
const CONFIG = join(FOLDER, "tsconfig.json");

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER);
const compilerOptions = {
	declaration: true,
	emitDeclarationOnly: true,
	noCheck: true,
	noEmit: false,
	outDir: ".",
	// A package may be built of the sources of another one.
	rootDir: "../..",
};
const config = { extends: "../tsconfig.json", include: ["../src"], compilerOptions };
writeFileSync(CONFIG, JSON.stringify(config));

// It ends long before garbage matters.
const env = { ...process.env, GOGC: "off" };
const args = ["--project", CONFIG];
process.exitCode = spawnSync(typescript7, args, { env, stdio: "inherit" }).status ?? 1;
