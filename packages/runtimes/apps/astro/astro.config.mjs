import node from "@astrojs/node";

// biome-ignore lint/style/noDefaultExport: what Astro reads.
export default {
	output: "server",
	adapter: node({ mode: "standalone" }),
	devToolbar: { enabled: false },
};
