// Minified and gzipped, with nanoid (bundled by the build) in it and Node's own modules left out.
export default [
	{
		name: "sse-service",
		path: "packages/core/dist/index.js",
		limit: "8 kB",
		gzip: true,
		modifyEsbuildConfig: (config) => ({ ...config, platform: "node", format: "esm" }),
	},
];
