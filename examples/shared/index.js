/**
 * The folder of what the pages of all examples use. Each serves it below `/shared/`.
 */
import { fileURLToPath } from "node:url";

export const sharedPage = fileURLToPath(new URL("./page/", import.meta.url));
