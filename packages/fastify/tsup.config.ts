import { defineConfig } from "tsup";

export default defineConfig({
	entry: ["src/index.ts", "src/adapter.ts"],
	format: ["esm", "cjs"],
	dts: { compilerOptions: { ignoreDeprecations: "6.0" } },
	target: "node20",
	clean: true,
	removeNodeProtocol: false,
	// `require()` answers what the package is named for, as the packages of this framework do.
	footer: ({ format }) =>
		format === "cjs"
			? {
					// Of the entry that has it.
					js: 'if (typeof sse === "function") module.exports = Object.assign(sse, { default: sse, sse });',
				}
			: {},
});
