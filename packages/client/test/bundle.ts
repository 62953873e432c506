/**
 * A page's code as an application's bundler makes it, from the built package.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";

const PACKAGE = join(import.meta.dirname, "..");

/** @param code TypeScript, which may have JSX in it @returns one script */
export async function bundle(code: string): Promise<string> {
	// Inside of the package, where its name and those of the frameworks are found.
	mkdirSync(join(PACKAGE, ".reports"), { recursive: true });
	const folder = mkdtempSync(join(PACKAGE, ".reports/bundle-"));
	try {
		const entry = join(folder, "page.tsx");
		writeFileSync(entry, code);
		const result = await build({
			root: folder,
			configFile: false,
			logLevel: "error",
			define: { "process.env.NODE_ENV": JSON.stringify("development") },
			build: {
				write: false,
				minify: false,
				modulePreload: false,
				rollupOptions: { input: entry, output: { codeSplitting: false } },
			},
		});
		const [output] = Array.isArray(result) ? result : [result];
		if (output === undefined || !("output" in output)) throw new Error("vite built nothing");
		const [chunk] = output.output;
		return chunk.code;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
