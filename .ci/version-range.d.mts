export function allows(range: string, version: string): boolean;
