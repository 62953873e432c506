import { closeAtSignal, handle } from "../../../app.mjs";

// Astro's standalone server leaves the end of the process to it.
closeAtSignal(() => process.exit());

/** @param {{ request: Request }} context */
export const GET = ({ request }) => handle(request);
