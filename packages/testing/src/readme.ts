/**
 * READMEs, read to the letter: every block of code runs, every command that asks a program is asked, every link leads
 * somewhere. Tables are for the package's own tests to compare with its code.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { beginRequest, sendHostileRequests } from "./hostile-requests.js";
import { type CodeBlock, readMarkdown, type Table } from "./markdown.js";
import {
	createProject,
	type Project,
	type ProjectOptions,
	type RunningProgram,
} from "./project.js";
import { isInstalled, type RunningCommand, startCommand } from "./shell.js";
import { openStream } from "./stream.js";

const REPOSITORY = join(import.meta.dirname, "../../..");
const LANGUAGES = /^(js|mjs|cjs|jsx|javascript|ts|mts|cts|tsx|typescript)$/;
/** The line of a preamble in whose place fragments stand. */
const PLACE = /^.*\/\/ the shorter examples$/m;

export interface ReadmeSuite {
	readonly files: readonly string[];
	/** What is installed where their programs run. */
	readonly project: ProjectOptions;
	/** How each whole program is seen to do what it is said to do, by the file name in its first line. */
	readonly programs: Readonly<Record<string, (program: RunningProgram) => Promise<void>>>;
	/** Programs in JavaScript that are TypeScript as well, by name: people paste them into files of either. */
	readonly typed?: readonly string[] | undefined;
	/**
	 * How the commands that begin with `curl` in the first block of shell after a program are seen to do what they are
	 * said to do; each is started by calling it.
	 */
	readonly commands?: Readonly<
		Record<string, (...commands: readonly (() => RunningCommand)[]) => Promise<void>>
	>;
	/** How each piece of a page is seen to work: what the marker `browser: NAME` names. */
	readonly pages?: Readonly<Record<string, (code: string) => Promise<void>>>;
	/**
	 * A whole program of a fragment and the preamble it stands in, which runs to its end and prints a status from 200 to
	 * 499 and the body that a client got as JSON. For READMEs that have fragments.
	 */
	readonly toProgram?: ((fragment: Fragment) => string) | undefined;
}

export interface Fragment {
	/** What the marker says behind `fragment: `. */
	readonly kind: string | undefined;
	/** Without imports; `// →` and a value behind a statement have become an assertion. */
	readonly body: string;
	/** The README's preamble up to, and from, the line in whose place the body stands. */
	readonly before: string;
	readonly after: string;
}

export interface Readmes {
	/** The whole text, in the order of the files. */
	readonly texts: readonly string[];
	/** The table of this name, by its marker `table: NAME`. */
	table(name: string): Table;
	/** The block whose marker is this. */
	textBlock(marker: string): string;
	/** Run `test` while the program of this name is running. */
	besides(name: string, test: (program: RunningProgram) => Promise<unknown>): Promise<void>;
}

type Block = CodeBlock & { readonly file: string; readonly where: string };

/** Run the claims over these READMEs. What it returns is for those that only this package can make. */
export function describeReadmes(suite: ReadmeSuite): Readmes {
	const { programs: checks, commands = {}, pages: pageChecks = {} } = suite;
	const readmes = suite.files.map((path) => ({
		path,
		name: relative(REPOSITORY, path),
		...readMarkdown(path),
	}));
	const blocks: readonly Block[] = readmes.flatMap(({ name, path, blocks }) =>
		blocks.map((block) => ({ ...block, file: path, where: `${name}:${block.line}` })),
	);
	const code = blocks.filter(({ language }) => LANGUAGES.test(language));
	const marked = (kind: string): readonly Block[] =>
		code.filter(({ marker }) => marker === kind || marker?.startsWith(`${kind}: `));

	const programs = code
		.filter(({ marker }) => marker === undefined)
		.map((block) => ({ ...block, name: /^\/\/ (\S+\.[mc]?[jt]s)\n/.exec(block.text)?.[1] ?? "" }));
	const pages = marked("browser");
	const fragments = marked("fragment");
	const preambles = marked("preamble");

	let project: Project;
	const stopping: (() => unknown)[] = [];

	beforeAll(async () => {
		project = await createProject(suite.project);
	});

	afterEach(async () => {
		for (const stop of stopping.splice(0)) await stop();
	});

	afterAll(() => project?.remove());

	const start = (name: string): Promise<RunningProgram> => {
		project.write(name, programs.find((block) => block.name === name)?.text ?? "");
		return project.start(name);
	};

	const besides: Readmes["besides"] = async (name, test) => {
		const program = await start(name);
		stopping.push(() => program.terminate());
		await test(program);
	};

	describe("the READMEs' code", () => {
		it("leaves no block out: each is a program, a page or a fragment, of which it is known how it is run", () => {
			const known = new Set<Block>([...pages, ...fragments, ...preambles]);
			const unknown = blocks.filter(
				(block) =>
					!(LANGUAGES.test(block.language)
						? block.marker === undefined || known.has(block)
						: /^(mermaid|sh|text)$/.test(block.language)),
			);
			expect(unknown.map(({ where }) => where)).toEqual([]);
			expect(programs.map(({ name }) => name).sort()).toEqual(Object.keys(checks).sort());
			expect(pages.map(nameOf).sort()).toEqual(Object.keys(pageChecks).sort());
			expect(preambles).toHaveLength(fragments.length === 0 ? 0 : 1);
		});

		it.each(programs.map((block) => [block.name, block] as const))(
			"%s runs and does what it is said to do",
			(name) => besides(name, async (program) => checks[name]?.(program)),
		);

		// People copy these programs.
		it.each(programs.map(({ name }) => name))(
			"%s answers hostile requests, and ends in an orderly way while one arrives",
			async (name) => {
				const { url, stop } = await start(name);
				expect(await sendHostileRequests(url)).toEqual([]);
				const stream = await openStream(`${url}/events?user=ada`);
				const late = await beginRequest(url, "/events?user=ada");
				const ended = stop();
				await stream.ended;
				late.finish();
				expect([0, "SIGTERM"]).toContain(await ended);
			},
		);

		it.skipIf(!isInstalled("curl")).each(Object.entries(commands))(
			"the commands beside %s get what is said",
			(name, check) =>
				besides(name, async ({ url }) => {
					const program = programs.find((block) => block.name === name);
					const shell = blocks.find(
						({ file, line, language }) =>
							language === "sh" && file === program?.file && line > program.line,
					);
					const lines = shell?.text.split("\n").filter((line) => line.startsWith("curl ")) ?? [];
					expect(lines).toHaveLength(check.length);
					const starts = lines.map((line) => () => {
						const running = startCommand(line.replaceAll(/http:\/\/localhost:\d+/g, url));
						stopping.unshift(() => running.stop());
						return running;
					});
					await check(...starts);
				}),
		);

		it.each(pages.map((block) => [nameOf(block), block] as const))(
			"the page's part of %s runs",
			async (name, { text }) => pageChecks[name]?.(text),
		);
	});

	// Not `skipIf`: where none are, nothing is left untested.
	if (fragments.length > 0)
		describe("the READMEs' fragments", () => {
			let complaints: string;

			beforeAll(async () => {
				const [preamble] = preambles;
				for (const block of fragments)
					project.write(`${fileOf(block)}.mts`, toWhole(block, preamble?.text ?? "", suite));
				const typed = programs.filter(({ name }) => suite.typed?.includes(name));
				for (const { name, text } of typed) project.write(`${name}.mts`, text);
				// What declares types for all modules is compiled alone: it would be in force for the others.
				const declaring = fragments.filter(({ text }) => text.includes("declare module"));
				const others = fragments.filter((block) => !declaring.includes(block));
				complaints = "";
				const names = others.map((block) => `${fileOf(block)}.mts`);
				names.push(...typed.map(({ name }) => `${name}.mts`));
				for (const together of [names, ...declaring.map((block) => [`${fileOf(block)}.mts`])])
					complaints += await project.compile([
						...together,
						// Only the fragments are in question: whether declarations are right is for tests of the packages.
						"--skipLibCheck",
					]);
			});

			it("pass the compiler in strict mode, beside the programs that are TypeScript as well", () => {
				expect(complaints).toBe("");
			});

			it.each(fragments.map((block) => [block.where, block] as const))(
				"%s runs, and its lines have the values that stand beside them",
				async (_where, block) => {
					// What the fragment throws makes `run` fail.
					expect(await project.run(`${fileOf(block)}.mjs`)).toMatch(/^[24]\d\d ".*"\n$/);
				},
			);
		});

	describe.each(readmes)("$name", ({ path, text, links }) => {
		it("links to what is there", () => {
			const broken = links.filter((link) => {
				if (link.startsWith("https://")) return false;
				const [file = "", anchor] = link.split("#");
				const target = file === "" ? path : join(dirname(path), file);
				if (!existsSync(target)) return true;
				return anchor !== undefined && !readMarkdown(target).anchors.includes(anchor);
			});
			expect(broken).toEqual([]);
		});

		it("names commands that exist", () => {
			const { scripts } = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8"));
			const named = Array.from(text.matchAll(/\bnpm (?:run )?(start|test|bench)\b/g), ([, name]) =>
				String(name),
			);
			expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
		});
	});

	return {
		texts: readmes.map(({ text }) => text),
		table: (name) => {
			const tables = readmes.flatMap(({ tables }) => tables);
			return found(
				tables.find(({ marker }) => marker === `table: ${name}`),
				`table ${name}`,
			);
		},
		textBlock: (marker) =>
			found(
				blocks.find((block) => block.marker === marker),
				`block ${marker}`,
			).text,
		besides,
	};
}

function found<T>(value: T | undefined, what: string): T {
	if (value === undefined) throw new Error(`there is no ${what}`);
	return value;
}

/** A fragment as a whole program, with the values beside its lines as assertions. */
function toWhole({ marker, text, where }: Block, preamble: string, suite: ReadmeSuite): string {
	const [before, after] = preamble.split(PLACE);
	if (before === undefined || after === undefined)
		throw new Error(`no preamble with "// the shorter examples" in it is there for ${where}`);
	if (suite.toProgram === undefined) throw new Error(`nobody has said how ${where} is run`);
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
		suite.toProgram({ kind: /^fragment: (.+)$/.exec(marker ?? "")?.[1], body, before, after }),
	].join("\n");
}

function fileOf({ where }: Block): string {
	return where.replace(/\W+/g, "-");
}

function nameOf({ marker = "" }: CodeBlock): string {
	return marker.replace("browser: ", "");
}
