export function tarballOf(folder: string): Promise<string>;
export function packAll(packages: readonly import("./workspace.mjs").Package[]): Promise<void>;
