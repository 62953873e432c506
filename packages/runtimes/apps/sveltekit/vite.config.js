import adapter from "@sveltejs/adapter-node";
import { sveltekit } from "@sveltejs/kit/vite";

// biome-ignore lint/style/noDefaultExport: what Vite reads.
export default { plugins: [sveltekit({ adapter: adapter() })] };
