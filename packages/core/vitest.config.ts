import { configDefaults, defineConfig } from "vitest/config";
import { tests } from "../../.ci/vitest.js";
import { isLongRun } from "../testing/src/long-run.js";

export default defineConfig({
	test: {
		projects: [
			{ test: { ...tests, name: "direct" } },
			{
				// Everything once more the other way, through `res.write`.
				test: {
					...tests,
					name: "through the response",
					exclude: [
						...configDefaults.exclude,
						// Their servers are processes of their own, or there is none.
						"test/{event-log,kill,packed,readme,types,layers}.test.ts",
						"test/load/**",
						// It is about the difference: whatever is generated, both ways write the same bytes.
						"test/direct-write.test.ts",
						// Those that only look at the bytes need a long run to do so twice.
						...(isLongRun ? [] : ["test/{wire,model}/**", "test/{cuts,hostile-cursors}.test.ts"]),
					],
					setupFiles: ["test/wrapped-write.ts"],
				},
			},
		],
	},
});
