// The command, over a field with an implementation that loses an event.

import { bench } from "../src/bench.js";
import { BARE_RESPONSE, IMPLEMENTATIONS } from "../src/implementations/index.js";

/** @type {import("../src/implementations/index.js").Entry} */
const lossy = {
	name: "lossy",
	url: new URL("./lossy.js", import.meta.url).href,
	targets: ["all"],
};
const field = [lossy, ...IMPLEMENTATIONS.filter(({ name }) => name === BARE_RESPONSE)];

process.exitCode = await bench(process.argv.slice(2), field);
