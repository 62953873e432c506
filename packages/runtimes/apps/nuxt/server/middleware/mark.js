import { defineEventHandler, setResponseHeader } from "h3";

// biome-ignore lint/style/noDefaultExport: what Nitro reads.
export default defineEventHandler((event) => setResponseHeader(event, "x-middleware", "yes"));
