import { handle } from "../../../app.mjs";

// Never rendered ahead of a request.
export const dynamic = "force-dynamic";

export { handle as GET, handle as POST };
