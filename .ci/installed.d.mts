export function installed(
	names: readonly string[],
): Promise<{ readonly own: Map<string, string>; readonly foreign: Map<string, string> }>;
