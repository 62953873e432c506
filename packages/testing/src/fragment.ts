/**
 * A fragment of a README: code that runs inside the preamble of that README.
 */
import type { CodeBlock } from "./markdown.js";

/** The line of a preamble that a fragment replaces. */
const PLACE = /^.*\/\/ the shorter examples$/m;

export interface Fragment {
	/** The word after `fragment: ` in the marker. */
	readonly kind: string | undefined;
	/** The code without imports. `// →` and a value after a statement are an assertion. */
	readonly body: string;
	/** The README's preamble before and after the line that the body replaces. */
	readonly before: string;
	readonly after: string;
}

/** Makes a whole program of a fragment. The values beside its lines become assertions. */
export function toWholeProgram(
	{ marker, text, where }: CodeBlock & { readonly where: string },
	preamble: string,
	toProgram: ((fragment: Fragment) => string) | undefined,
): string {
	const [before, after] = preamble.split(PLACE);
	if (before === undefined || after === undefined)
		throw new Error(`there is no preamble with "// the shorter examples" for ${where}`);
	if (toProgram === undefined) throw new Error(`the suite does not say how ${where} runs`);
	const lines = text.split("\n");
	const isImport = (line: string): boolean => line.startsWith("import ");
	const body = lines
		.filter((line) => !isImport(line))
		.map((line) => line.replace(/^(\s*)(.+); \/\/ → (.+)$/, "$1assert.deepEqual($2, $3);"))
		.join("\n");
	if (body.includes("→"))
		throw new Error(`a value stands beside more than one statement:\n${body}`);
	return [
		'import assert from "node:assert/strict";',
		...lines.filter(isImport),
		toProgram({ kind: /^fragment: (.+)$/.exec(marker ?? "")?.[1], body, before, after }),
	].join("\n");
}
