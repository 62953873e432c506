// Whether a packed package's types are found, and are those of what is loaded, in each way that TypeScript resolves imports:
// "Are the types wrong?". Its command would load its compiler anew for each package.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/** The resolutions of those who `require`, which a package without `main` is not for. */
const BY_REQUIRE = ["node10", "node16-cjs"];

/**
 * @param {string} file a tarball @param {{ isForRequire: boolean }} options
 * @returns {Promise<import("./report.mjs").Verdict>}
 */
export async function checkPackedTypes(file, { isForRequire }) {
	const { checkPackage, createPackageFromTarballData } = await loadAnalysis();
	const found = await checkPackage(createPackageFromTarballData(readFileSync(file)));
	if (found.types === false) return { ok: false, output: "It has no types." };
	/** @type {{ resolutionKind?: string }[]} */
	const problems = found.problems.filter(
		(/** @type {{ resolutionKind?: string }} */ { resolutionKind = "" }) =>
			isForRequire || !BY_REQUIRE.includes(resolutionKind),
	);
	const output = problems.map((problem) => JSON.stringify(problem)).join("\n");
	return { ok: problems.length === 0, output };
}

/** The package behind the command. Found late, because `npm test` loads this file before it has installed anything. */
async function loadAnalysis() {
	const command = createRequire(import.meta.url).resolve("@arethetypeswrong/cli/package.json");
	return import(pathToFileURL(createRequire(command).resolve("@arethetypeswrong/core")).href);
}
