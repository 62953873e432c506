import { closeAtSignal, handle } from "../../../node-app.mjs";
import { outgoing } from "../../outgoing.mjs";

closeAtSignal();

/** A resource route: it has no component, so what its loader returns is sent as it is. */
export const loader = ({ request, context }) => handle(request, context.get(outgoing) ?? undefined);
