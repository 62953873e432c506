// The types of every folder that has a tsconfig.json, in one process: the declarations that many of them import, above all
// those of the language, of Node and of Vitest, are parsed once. Prints what the compiler says, and ends with 1 if it says
// anything.

import { existsSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root, workspacePackages } from "./workspace.mjs";

/** Files that are the same for everyone who imports them: installed and built ones. */
const SHARED = /\/(?:node_modules|dist)\//;
/** @type {Map<string, ts.SourceFile | undefined>} */
const parsed = new Map();

/** @param {string} dir */
function complaintsOf(dir) {
	const file = join(dir, "tsconfig.json");
	const { config } = ts.readConfigFile(file, ts.sys.readFile);
	const read = ts.parseJsonConfigFileContent(config, ts.sys, dir, undefined, file);
	const { options, fileNames, errors } = read;
	const host = ts.createCompilerHost(options);
	const parse = host.getSourceFile.bind(host);
	host.getSourceFile = (name, how, ...more) => {
		if (!SHARED.test(name)) return parse(name, how, ...more);
		const format = typeof how === "object" ? how.impliedNodeFormat : undefined;
		const key = [name, format, options.target, options.module, options.strict].join(" ");
		if (!parsed.has(key)) parsed.set(key, parse(name, how, ...more));
		return parsed.get(key);
	};
	const program = ts.createProgram(fileNames, options, host);
	// What it imports from other folders is checked with them.
	const own = program
		.getSourceFiles()
		.filter(({ fileName }) => fileName.startsWith(`${dir}/`) && !SHARED.test(fileName));
	const said = [
		...errors,
		...program.getOptionsDiagnostics(),
		...program.getGlobalDiagnostics(),
		...own.flatMap((each) => program.getSyntacticDiagnostics(each)),
		...own.flatMap((each) => program.getSemanticDiagnostics(each)),
	];
	return ts.formatDiagnostics(said, { ...host, getCurrentDirectory: () => root });
}

const dirs = [join(root, ".ci"), ...workspacePackages().map(({ dir }) => dir)];
for (const dir of dirs.filter((each) => existsSync(join(each, "tsconfig.json")))) {
	const complaints = complaintsOf(dir);
	if (complaints === "") continue;
	process.stdout.write(complaints);
	process.exitCode = 1;
}
