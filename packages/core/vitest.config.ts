import { configDefaults, defineConfig } from "vitest/config";
import { ownProcess, tests } from "../../.ci/vitest.js";
import { isLongRun } from "../testing/src/long-run.js";

/** What only looks at the bytes, or does not depend on the way that they take, goes both ways in a long run. */
const ONCE_IN_MOST_RUNS = [
	"test/{wire,model}/**",
	"test/{context,cuts,default-service,flush,hostile-cursors,limits,mistakes}.test.ts",
	"test/{ahead-ids,engine-*,lost-key,memory-*,namespaces,presence}.test.ts",
	"test/*run*.test.ts",
];

/** What counts all that a process holds, or starts processes and loads much to watch them. */
const OWN_PROCESS = [
	"test/{fetch-servers,event-log,kill,packed,readme}.test.ts",
	"test/load/**/*.test.ts",
];

export default defineConfig({
	test: {
		projects: [
			{
				test: {
					...tests,
					name: "direct",
					exclude: [...configDefaults.exclude, ...OWN_PROCESS],
				},
			},
			{ test: { ...ownProcess, name: "in a process of its own", include: OWN_PROCESS } },
			{
				// Everything once more the other way, through `res.write`.
				test: {
					...tests,
					name: "through the response",
					exclude: [
						...configDefaults.exclude,
						...OWN_PROCESS,
						// There is no server.
						"test/{types,layers}.test.ts",
						// It is about the difference: whatever is generated, both ways write the same bytes.
						"test/direct-write.test.ts",
						...(isLongRun ? [] : ONCE_IN_MOST_RUNS),
					],
					setupFiles: [...tests.setupFiles, "test/wrapped-write.ts"],
				},
			},
			{
				test: {
					...ownProcess,
					name: "through the response, in a process of its own",
					include: ["test/fetch-servers.test.ts"],
					setupFiles: ["test/wrapped-write.ts"],
				},
			},
		],
	},
});
