// biome-ignore lint/style/noDefaultExport: what Nuxt reads.
export default { compatibilityDate: "2026-11-01", telemetry: false };
