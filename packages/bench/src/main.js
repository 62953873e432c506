// `pnpm bench`: the command.

import { constants } from "node:os";
import { bench } from "./bench.js";
import { IMPLEMENTATIONS } from "./implementations/index.js";

// By default a signal would end this process without its 'exit' event, at which the children are killed.
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
	process.once(signal, () => process.exit(128 + constants.signals[signal]));
}

process.exitCode = await bench(process.argv.slice(2), IMPLEMENTATIONS);
