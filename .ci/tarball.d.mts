export function tarballOf(folder: string): Promise<string>;
