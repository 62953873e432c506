import { defineConfig } from "tsup";
import { library } from "../../.ci/tsup.js";

export default defineConfig({
	...library(),
	entry: {
		main: "src/main.ts",
		"member-program": "src/fleet/member-program.ts",
		runs: "src/runs/main.ts",
		"runs-member": "src/runs/member-program.ts",
	},
	format: ["esm"],
	dts: false,
	// It is TypeScript itself.
	noExternal: [/^@sse-service\/testing/],
});
