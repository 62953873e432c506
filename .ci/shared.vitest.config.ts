// One run of Vitest for every package whose options are those of all: its processes load Vitest, the packages of this
// repository and what these bring once, and not once for each package.

import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { tests } from "./vitest.js";
import { root, sharedPackages } from "./workspace.mjs";

/** What takes longest, by far, in this order: if it began last, everything would wait for it in the end. */
const LONGEST = [
	/\/bench\/test\/(engines|bench)\.|\/inspector\/test\/processes\./,
	/\/examples\/|\/(readme|packed|mcp-events|grafana)\.test|\/inspector\/test\/(page|model)\./,
];

class LongestFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const placeOf = ({ moduleId }: TestSpecification): number => {
			const place = LONGEST.findIndex((each) => each.test(moduleId));
			return place === -1 ? LONGEST.length : place;
		};
		return (await super.sort(files)).toSorted((a, b) => placeOf(a) - placeOf(b));
	}
}

export default defineConfig({
	root,
	test: {
		...tests,
		include: sharedPackages().flatMap(({ dir }) => tests.include.map((files) => `${dir}/${files}`)),
		// They wait for other processes most of the time, in which another file can run.
		maxWorkers: 4,
		sequence: { sequencer: LongestFirst },
	},
});
