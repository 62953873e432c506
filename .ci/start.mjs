// `npm start [example]`: installs, builds and serves an example, node-http by default, in this same process, so that
// there is nothing between the terminal and the server: no wrapper adds a word, and one signal ends everything.

import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { onInterrupt } from "./command.mjs";
import { build, install, SetupError, toolsEnv } from "./setup.mjs";
import { root, workspacePackages } from "./workspace.mjs";

const EXAMPLES = join(root, "examples");
const [name = "node-http"] = process.argv.splice(2);

const stopListening = onInterrupt((exitCode) => process.exit(exitCode));
try {
	const examples = workspacePackages().filter(
		({ dir, manifest }) => dirname(dir) === EXAMPLES && manifest.scripts?.start !== undefined,
	);
	const example = examples.find(({ dir }) => basename(dir) === name);
	if (example === undefined) {
		const names = examples.map(({ dir }) => basename(dir)).join(", ");
		throw new SetupError(`There is no example ${name}, but ${names}.`);
	}
	const script = /^node (\S+)$/.exec(example.manifest.scripts?.start ?? "")?.[1];
	if (script === undefined) {
		throw new SetupError(`examples/${name} has no start script of the form \`node <file>\`.`);
	}
	console.log("Installing and building (the first time takes a while) ...");
	const env = await toolsEnv();
	await install(env);
	await build(env, [`--filter=${example.name}...`]);

	stopListening();
	const file = join(example.dir, script);
	process.chdir(example.dir);
	process.argv.splice(1, 1, file);
	await import(pathToFileURL(file).href);
} catch (error) {
	if (!(error instanceof SetupError)) throw error;
	console.error(error.message);
	process.exit(1);
}
