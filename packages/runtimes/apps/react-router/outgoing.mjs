import { createContext } from "react-router";

const KEY = Symbol.for("example.outgoing");

/** Node's response, where the program shows it. One for the process, as the build has a copy of this module. */
globalThis[KEY] ??= createContext(null);
export const outgoing = globalThis[KEY];
