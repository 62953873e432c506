// `npm start`: installs, builds and serves examples/node-http, in this very process, so that there is nothing between
// the terminal and the server: no wrapper adds a word, and one signal ends everything.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { onInterrupt } from "./command.mjs";
import { build, install, SetupError, toolsEnv } from "./setup.mjs";
import { root, workspacePackages } from "./workspace.mjs";

const EXAMPLE = join(root, "examples", "node-http");

const stopListening = onInterrupt((exitCode) => process.exit(exitCode));
try {
	const example = workspacePackages().find(({ dir }) => dir === EXAMPLE);
	const script = /^node (\S+)$/.exec(example?.manifest.scripts?.start ?? "")?.[1];
	if (example === undefined || script === undefined) {
		throw new SetupError("examples/node-http has no start script of the form `node <file>`.");
	}
	console.log("Installing and building (the first time takes a while) ...");
	const env = await toolsEnv();
	await install(env);
	await build(env, [`--filter=${example.name}...`]);

	stopListening();
	const file = join(EXAMPLE, script);
	process.chdir(EXAMPLE);
	process.argv.splice(1, 1, file);
	await import(pathToFileURL(file).href);
} catch (error) {
	if (!(error instanceof SetupError)) throw error;
	console.error(error.message);
	process.exit(1);
}
