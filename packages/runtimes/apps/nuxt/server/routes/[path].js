import { defineEventHandler, toWebRequest } from "h3";
import { closeAtSignal, handle } from "../../../node-app.mjs";

closeAtSignal();

// biome-ignore lint/style/noDefaultExport: what Nitro reads.
export default defineEventHandler((event) => handle(toWebRequest(event), event.node.res));
