/**
 * Where the built program of a process is. Beside `src` and beside `dist` it is the same place.
 */
import { fileURLToPath } from "node:url";

export const MEMBER_PROGRAM = fileURLToPath(new URL("../dist/member-program.js", import.meta.url));
