import { defineConfig } from "tsup";
import { library, requireAnswersSSE } from "../../.ci/tsup.js";

export default defineConfig(
	library({
		entry: ["src/index.ts", "src/adapter.ts"],
		// The other entry has no `sse`.
		...requireAnswersSSE('if (typeof sse === "function") '),
	}),
);
