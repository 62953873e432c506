import { configDefaults, defineConfig } from "vitest/config";
import { tests } from "../../.ci/vitest.js";
import { isLongRun } from "../testing/src/long-run.js";

/** What only looks at the bytes, or does not depend on the way that they take, goes both ways in a long run. */
const ONCE_IN_MOST_RUNS = [
	"test/{wire,model}/**",
	"test/{context,cuts,default-service,flush,hostile-cursors,limits,mistakes}.test.ts",
	"test/{ahead-ids,engine-*,lost-key,memory-*,namespaces,presence}.test.ts",
	"test/*run*.test.ts",
];

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
						...(isLongRun ? [] : ONCE_IN_MOST_RUNS),
					],
					setupFiles: ["test/wrapped-write.ts"],
				},
			},
		],
	},
});
