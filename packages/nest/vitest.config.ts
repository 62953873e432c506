import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { tests, translated } from "../../.ci/vitest.js";

// What comes in another version for another Nest; aliases of npm would break how Nest finds its peers.
const OF_NEST = /^(@nestjs\/|@fastify\/|class-transformer$|reflect-metadata$|rxjs(?:$|\/))/;

/** The tests over one version of Nest, those of the folder `modules` or this package's own. */
function over(nest: string, modules?: string) {
	const folder = modules === undefined ? undefined : join(import.meta.dirname, modules);
	return {
		resolve: {
			alias: folder === undefined ? [] : [{ find: OF_NEST, replacement: `${folder}/$1` }],
		},
		test: {
			...tests,
			// Each worker loads Nest and both platforms, which takes longer than most files.
			maxWorkers: 1,
			name: `nest-${nest}`,
			// What does not depend on the version runs on the newest.
			include: folder === undefined ? tests.include : ["test/{suite,nest}.test.ts"],
			env: { NEST: nest },
		},
	};
}

export default defineConfig({
	test: {
		...translated,
		projects: [
			over("12"),
			over("11", "test/nest-11/node_modules"),
			over("10", "test/nest-10/node_modules"),
		],
	},
});
