// How packages are built: for ES modules and for CommonJS.

import type { Options } from "tsup";

export const library: Options = {
	entry: ["src/index.ts"],
	format: ["esm", "cjs"],
	dts: { compilerOptions: { ignoreDeprecations: "6.0" } },
	target: "node20",
	clean: true,
	removeNodeProtocol: false,
};

/**
 * `require()` answers `sse` itself, as the packages of Express and Fastify answer what they are named for. `guard` is
 * JavaScript before the assignment, for a package with other entries.
 */
export function requireAnswersSSE(guard = ""): Options {
	const js = `${guard}module.exports = Object.assign(sse, { default: sse, sse });`;
	return {
		footer: ({ format }) => (format === "cjs" ? { js } : {}),
		// The declarations say so, by `export =`.
		cjsInterop: true,
	};
}
