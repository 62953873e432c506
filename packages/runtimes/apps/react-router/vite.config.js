import { reactRouter } from "@react-router/dev/vite";

// biome-ignore lint/style/noDefaultExport: what Vite reads.
export default { plugins: [reactRouter()] };
