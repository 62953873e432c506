import { route } from "@react-router/dev/routes";

// biome-ignore lint/style/noDefaultExport: what React Router reads.
export default [route("*", "./routes/events.js")];
