export function findChromium(env?: NodeJS.ProcessEnv): string | undefined;
export function provideChromium(): Promise<{ path: string } | { missing: string }>;
