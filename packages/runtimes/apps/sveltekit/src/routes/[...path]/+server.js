import { closeAtSignal, handle } from "../../../../app.mjs";

closeAtSignal();

/** @param {{ request: Request }} event */
export const GET = ({ request }) => handle(request);
