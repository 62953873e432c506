/**
 * A server process for all tests of a suite, which programs that they start find by an environment variable.
 */
import { afterAll, beforeAll, vi } from "vitest";
import type { ServerProcess } from "./server-process.js";

/** Called within a suite, before what needs it. @returns it, once its tests run */
export function useSuiteServer(
	variable: string,
	start: () => Promise<ServerProcess>,
): () => ServerProcess {
	let server: ServerProcess | undefined;
	beforeAll(async () => {
		server = await start();
		vi.stubEnv(variable, server.url);
	});
	afterAll(async () => {
		vi.unstubAllEnvs();
		await server?.stop();
	});
	return () => {
		if (server === undefined) throw new Error("The server has not been started yet");
		return server;
	};
}
