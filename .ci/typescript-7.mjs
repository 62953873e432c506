// The compiler that is written in Go, without the Node that its `tsc` starts around it, which takes a tenth of a second of a core.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = dirname(createRequire(import.meta.url).resolve("typescript-7/package.json"));
const { default: getExecutable } = await import(
	pathToFileURL(join(folder, "lib", "getExePath.js")).href
);

/** The path of its executable. @type {string} */
export const typescript7 = getExecutable();
