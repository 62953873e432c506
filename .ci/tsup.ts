// How packages are built: for ES modules and for CommonJS.

import { basename } from "node:path";
import type { Options } from "tsup";

interface LibraryOptions extends Options {
	/** Default: `src/index.ts`. */
	readonly entry?: string[];
}

/** A library. Its declarations are bundled from what `.ci/declarations.mjs` has written. */
export function library({ entry = ["src/index.ts"], ...others }: LibraryOptions = {}): Options {
	const folder = `.declarations/${basename(process.cwd())}`;
	const declarations = entry.map((file) => [
		basename(file, ".ts"),
		`${folder}/${file.replace(/\.ts$/, ".d.ts")}`,
	]);
	return {
		entry,
		format: ["esm", "cjs"],
		dts: { entry: Object.fromEntries(declarations) },
		target: "node20",
		clean: true,
		removeNodeProtocol: false,
		...others,
	};
}

/**
 * `require()` answers `sse` itself, as the packages of Express and Fastify answer what they are named for. `guard` is
 * JavaScript before the assignment, for a package with other entries.
 */
export function requireAnswersSSE(guard = ""): Pick<Options, "footer" | "cjsInterop"> {
	const js = `${guard}module.exports = Object.assign(sse, { default: sse, sse });`;
	return {
		footer: ({ format }) => (format === "cjs" ? { js } : {}),
		// The declarations say so, by `export =`.
		cjsInterop: true,
	};
}
