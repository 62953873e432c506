// The command, over a field with an implementation that loses an event.

import { bench } from "../src/bench.js";
import { BASELINE, IMPLEMENTATIONS } from "../src/implementations/index.js";

const lossy = { name: "lossy", url: new URL("./lossy.js", import.meta.url).href };
const field = [lossy, ...IMPLEMENTATIONS.filter(({ name }) => name === BASELINE)];

process.exitCode = await bench(process.argv.slice(2), field);
