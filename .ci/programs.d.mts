export type Program = "chromium" | "redis-server" | "nats-server";
export const programs: readonly Program[];
export function findProgram(name: Program, env?: NodeJS.ProcessEnv): string | undefined;
export function provideProgram(
	name: Program,
): Promise<
	{ title: string; tests: string; variable: string } & ({ path: string } | { missing: string })
>;
