import { defineConfig } from "tsup";
import { library } from "../../.ci/tsup.js";

export default defineConfig(
	library({
		entry: ["src/index.ts", "src/react.ts", "src/vue.ts", "src/svelte.ts"],
		platform: "neutral",
		target: "es2022",
	}),
);
