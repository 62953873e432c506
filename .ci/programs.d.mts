export const programs: readonly string[];
export function findProgram(name: string, env?: NodeJS.ProcessEnv): string | undefined;
export function provideProgram(
	name: string,
): Promise<
	{ title: string; tests: string; variable: string } & ({ path: string } | { missing: string })
>;
