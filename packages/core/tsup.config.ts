import { defineConfig } from "tsup";

export default defineConfig({
	entry: ["src/index.ts", "src/adapter.ts"],
	format: ["esm", "cjs"],
	dts: { compilerOptions: { ignoreDeprecations: "6.0" } },
	target: "node20",
	clean: true,
	// nanoid is ESM only: bundled, so that CommonJS users and Jest on Node 20 can load us.
	noExternal: ["nanoid"],
	removeNodeProtocol: false,
});
