import { defineConfig } from "tsup";
import { library } from "../../.ci/tsup.js";

export default defineConfig({
	...library,
	entry: ["src/main.ts", "src/member-program.ts"],
	format: ["esm"],
	dts: false,
	// It is TypeScript itself.
	noExternal: [/^@sse-service\/testing/],
});
