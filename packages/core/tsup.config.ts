import { defineConfig } from "tsup";
import { library } from "../../.ci/tsup.js";

export default defineConfig(
	library({
		entry: ["src/index.ts", "src/adapter.ts", "src/engine.ts", "src/fetch.ts", "src/runs.ts"],
		// nanoid is ESM only: bundled, so that CommonJS users and Jest on Node 20 can load us.
		noExternal: ["nanoid"],
		// Its build for browsers, which needs nothing of Node's.
		esbuildOptions: (options) => {
			options.conditions = ["browser"];
		},
	}),
);
