import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";
import { ownProcess, tests, translated } from "../../.ci/vitest.js";
import { isLongRun } from "../testing/src/long-run.js";

/** What only looks at the bytes, or does not depend on the way that they take, goes both ways in a long run. */
const ONCE_IN_MOST_RUNS = [
	"test/{wire,model}/**",
	"test/{ahead-of-log,commands-behind-a-loss,idempotency,kept-groups,older-commands,order-of-commands}.test.ts",
	"test/{attempt-writer,lost-hand-over,recent-entries,recover,refused-promises}.test.ts",
	"test/{context,cuts,default-service,flush,hostile-cursors,limits,mistakes}.test.ts",
	"test/{ahead-ids,broken-replay,engine-*,lost-key,memory-*,namespaces,presence}.test.ts",
	"test/{diagnostics,fetch,heartbeat,lifetime,origins,refused-requests,write-queue}.test.ts",
	"test/*run*.test.ts",
];

/** What is about other processes, in which nothing wraps a response. */
const OF_OTHER_PROCESSES = ["test/{event-log,kill,packed}.test.ts"];

/** What looks at all that a process does: its warnings, and the sinks that are open in it. */
const APART = ["test/fetch-servers.test.ts"];

/** What measures memory and time in a long run, where nothing may run beside it: `.ci/test.mjs` begins it when all else has ended. */
const LOAD = ["test/load/**/*.test.ts"];

/** What takes longest, by far: if it began last, everything would wait for it in the end. */
const LONGEST = ["test/readme.test.ts"];

// They wait for sockets, timers and other processes half of the time, in which another file can run.
const maxWorkers = 2 * availableParallelism();

export default defineConfig({
	test: {
		...translated,
		projects: [
			// Projects begin in the order of their names.
			{ test: { ...ownProcess, maxWorkers, name: "apart", include: [...LONGEST, ...APART] } },
			{
				test: {
					...ownProcess,
					maxWorkers,
					name: "apart, through the response",
					include: APART,
					setupFiles: ["test/wrapped-write.ts"],
				},
			},
			{
				test: {
					...tests,
					maxWorkers,
					name: "direct",
					exclude: [...configDefaults.exclude, ...LONGEST, ...APART, ...(isLongRun ? LOAD : [])],
				},
			},
			{
				// Everything once more the other way, through `res.write`.
				test: {
					...tests,
					maxWorkers,
					name: "through the response",
					exclude: [
						...configDefaults.exclude,
						...LONGEST,
						...APART,
						...OF_OTHER_PROCESSES,
						...LOAD,
						// There is no server.
						"test/{types,layers}.test.ts",
						// It is about the difference: whatever is generated, both ways write the same bytes.
						"test/direct-write.test.ts",
						...(isLongRun ? [] : ONCE_IN_MOST_RUNS),
					],
					setupFiles: [...tests.setupFiles, "test/wrapped-write.ts"],
				},
			},
			...(isLongRun
				? [
						{
							test: {
								...ownProcess,
								fileParallelism: false,
								sequence: { groupOrder: 1 },
								name: "load",
								include: LOAD,
							},
						},
					]
				: []),
		],
	},
});
