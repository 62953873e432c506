import { join } from "node:path";

// biome-ignore lint/style/noDefaultExport: what Next.js reads.
export default { turbopack: { root: join(import.meta.dirname, "..") } };
