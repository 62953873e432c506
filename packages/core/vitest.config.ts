import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		projects: [
			{ test: { name: "direct", include: ["test/**/*.test.ts"] } },
			{
				// Everything once more the other way, through `res.write`.
				test: {
					name: "through the response",
					include: ["test/**/*.test.ts"],
					exclude: [
						...configDefaults.exclude,
						// Their servers are processes of their own, or there is none.
						"test/{event-log,kill,packed,readme,types,layers}.test.ts",
						"test/load/**",
						// It is about the difference.
						"test/direct-write.test.ts",
					],
					setupFiles: ["test/wrapped-write.ts"],
				},
			},
		],
	},
});
