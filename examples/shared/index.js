/**
 * The folders of what the pages of all examples use.
 */
import { fileURLToPath } from "node:url";

/** What is served below `/shared/`. */
export const sharedPage = fileURLToPath(new URL("./page/", import.meta.url));

/** The modules of `@sse-service/client`, as its package has them, which are served below `/client/`. */
export const clientModules = fileURLToPath(
	new URL("./", import.meta.resolve("@sse-service/client")),
);
