// Minified and gzipped, with nanoid (bundled by the build) in it and Node's own modules left out.
export default [
	{
		name: "sse-service",
		path: "packages/core/dist/index.js",
		limit: "19.5 kB",
		gzip: true,
		modifyEsbuildConfig: (config) => ({ ...config, platform: "node", format: "esm" }),
	},
	{
		name: "@sse-service/fastify",
		path: "packages/fastify/dist/index.js",
		limit: "2 kB",
		gzip: true,
		// What it stands on is counted by itself.
		modifyEsbuildConfig: (config) => ({
			...config,
			platform: "node",
			format: "esm",
			packages: "external",
		}),
	},
	{
		name: "@sse-service/express",
		path: "packages/express/dist/index.js",
		limit: "2 kB",
		gzip: true,
		// What it stands on is counted by itself.
		modifyEsbuildConfig: (config) => ({
			...config,
			platform: "node",
			format: "esm",
			packages: "external",
		}),
	},
	{
		name: "@sse-service/nest",
		path: "packages/nest/dist/index.js",
		limit: "5 kB",
		gzip: true,
		// What it stands on is counted by itself.
		modifyEsbuildConfig: (config) => ({
			...config,
			platform: "node",
			format: "esm",
			packages: "external",
		}),
	},
	{
		name: "@sse-service/nats",
		path: "packages/nats/dist/index.js",
		limit: "8.5 kB",
		gzip: true,
		// What it stands on is counted by itself.
		modifyEsbuildConfig: (config) => ({
			...config,
			platform: "node",
			format: "esm",
			packages: "external",
		}),
	},
	{
		name: "@sse-service/redis",
		path: "packages/redis/dist/index.js",
		limit: "7 kB",
		gzip: true,
		// What it stands on is counted by itself.
		modifyEsbuildConfig: (config) => ({
			...config,
			platform: "node",
			format: "esm",
			packages: "external",
		}),
	},
];
