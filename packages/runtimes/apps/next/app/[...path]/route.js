import { closeAtSignal, handle } from "../../../app.mjs";

closeAtSignal();

// Never rendered ahead of a request.
export const dynamic = "force-dynamic";

export { handle as GET, handle as POST };
