// `node ../../.ci/export-assignment.mjs`, in a package whose `require()` answers `sse` itself, once it is built: its declarations for
// CommonJS say so by `export =`, and a namespace has everything else that is exported. tsup writes `export =` beside other
// exports and has the error ignored; TypeScript 7 then finds no other export there.

import { readFileSync, writeFileSync } from "node:fs";

const FILE = "dist/index.d.cts";
const FROM_CORE = /^export \{ (SSEService) \} from 'sse-service';\n/m;
const EXPORTS = /^\/\/ @ts-ignore\nexport = sse;\nexport \{ (.*, sse) \};\n$/m;
// A namespace can have the name of a function, and not that of a constant.
const CONSTANT = /^declare const sse: (.*);$/m;

const text = readFileSync(FILE, "utf8");
const fromCore = FROM_CORE.exec(text)?.[1];
const own = EXPORTS.exec(text)?.[1];
if (fromCore === undefined || own === undefined)
	throw new Error(`${FILE} has not the exports that are known`);
writeFileSync(
	FILE,
	text
		.replace(FROM_CORE, "")
		.replace(CONSTANT, "declare function sse(...args: Parameters<$1>): ReturnType<$1>;")
		.replace(
			EXPORTS,
			`declare namespace sse {\n\texport { type ${fromCore}, ${own}, sse as default };\n}\nexport = sse;\n`,
		),
);
