/**
 * READMEs, taken literally: every block of code runs, so do the commands beside a program, and every link leads somewhere. The tests of
 * a package compare the tables with its code.
 */
import { relative } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Fragment, toWholeProgram } from "./fragment.js";
import { beginRequest, sendHostileRequests } from "./hostile-requests.js";
import { type CodeBlock, readMarkdown, type Table } from "./markdown.js";
import {
	createProject,
	type Project,
	type ProjectOptions,
	type RunningProgram,
} from "./project.js";
import { describeLinks, REPOSITORY } from "./readme-links.js";
import { isInstalled, type RunningCommand, startCommand } from "./shell.js";
import { openStream } from "./stream.js";

const LANGUAGES = /^(js|mjs|cjs|jsx|javascript|ts|mts|cts|tsx|typescript)$/;

export interface ReadmeSuite {
	readonly files: readonly string[];
	/** The project in which their programs run. */
	readonly project: ProjectOptions;
	/** How to check each whole program, by the file name in its first line. */
	readonly programs: Readonly<Record<string, (program: RunningProgram) => Promise<void>>>;
	/** Programs in JavaScript that must also compile as TypeScript, by name: people paste them into files of either. */
	readonly typed?: readonly string[] | undefined;
	/**
	 * How to check the commands that begin with `curl` in the first shell block after a program. Calling one starts it.
	 */
	readonly commands?: Readonly<
		Record<string, (...commands: readonly (() => RunningCommand)[]) => Promise<void>>
	>;
	/** How to check each piece of a page, by the name in its marker `browser: NAME`. */
	readonly pages?: Readonly<Record<string, (code: string) => Promise<void>>>;
	/**
	 * Makes a whole program of a fragment and the preamble around it. The program runs to its end, and prints a status from 200 to 499
	 * and the body that a client received, as JSON. For READMEs that have fragments.
	 */
	readonly toProgram?: ((fragment: Fragment) => string) | undefined;
}

export interface Readmes {
	/** The texts of the files, in their order. */
	readonly texts: readonly string[];
	/** Returns the table with this name: its marker is `table: NAME`. */
	table(name: string): Table;
	/** Returns the block with this marker. */
	textBlock(marker: string): string;
	/** Runs `test` while the program with this name runs. */
	besides(name: string, test: (program: RunningProgram) => Promise<unknown>): Promise<void>;
}

type Block = CodeBlock & { readonly file: string; readonly where: string };

/** Runs the claims over these READMEs. What it returns serves claims that only one package can make. */
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
		.map((block) => ({
			...block,
			name: /^\/\/ (\S+\.[mc]?[jt]s)\n/.exec(block.text)?.[1] ?? "unnamed",
		}));
	const pages = marked("browser");
	const fragments = marked("fragment");
	const preambles = marked("preamble");

	let project: Project;
	const stopping: (() => unknown)[] = [];

	beforeAll(async () => {
		project = await createProject(suite.project);
		for (const { name, text } of programs) project.write(name, text);
	});

	afterEach(async () => {
		for (const stop of stopping.splice(0)) await stop();
	});

	afterAll(() => project?.remove());

	const besides: Readmes["besides"] = async (name, test) => {
		const program = await project.start(name);
		stopping.push(() => program.terminate());
		await test(program);
	};

	describe("the READMEs' code", () => {
		it("has no block that does not run: each is a program, a page or a fragment", () => {
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

		/** Those that their checks have not ended. */
		const running = new Map<string, RunningProgram>();

		it.each(programs.map(({ name }) => name))(
			"%s runs and does what the README says",
			async (name) => {
				const program = await project.start(name);
				await checks[name]?.(program);
				if (program.isRunning) running.set(name, program);
			},
		);

		// People copy these programs. Each is on its own, and some take seconds to end: a drain is spread.
		it.concurrent.each(programs.map(({ name }) => name))(
			"%s answers hostile requests, and ends in an orderly way while one arrives",
			async (name) => {
				const used = running.get(name);
				const { url, stop, terminate } = used ?? (await project.start(name));
				expect(await sendHostileRequests(url)).toEqual([]);
				const stream = await openStream(`${url}/events?user=ada`);
				const late = await beginRequest(url, "/events?user=ada");
				// What did as the README says must not have complained.
				const ended = used === undefined ? stop() : terminate();
				await stream.ended;
				late.finish();
				expect([0, "SIGTERM"]).toContain(await ended);
			},
		);

		it.skipIf(!isInstalled("curl")).each(Object.entries(commands))(
			"the commands beside %s get what the README says",
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

	// Not `skipIf`: without fragments, nothing is left untested.
	if (fragments.length > 0)
		describe("the READMEs' fragments", () => {
			let complaints: string;

			beforeAll(async () => {
				const [preamble] = preambles;
				for (const block of fragments)
					project.write(
						`${fileOf(block)}.mts`,
						toWholeProgram(block, preamble?.text ?? "", suite.toProgram),
					);
				const typed = programs.filter(({ name }) => suite.typed?.includes(name));
				for (const { name, text } of typed) project.write(`${name}.mts`, text);
				// Code that declares types for all modules is compiled alone, because its declarations would apply to the others.
				const declaring = fragments.filter(({ text }) => text.includes("declare module"));
				const others = fragments.filter((block) => !declaring.includes(block));
				complaints = "";
				const names = others.map((block) => `${fileOf(block)}.mts`);
				names.push(...typed.map(({ name }) => `${name}.mts`));
				for (const together of [names, ...declaring.map((block) => [`${fileOf(block)}.mts`])])
					complaints += await project.compile([
						...together,
						// This checks only the fragments. The packages have tests of their declarations.
						"--skipLibCheck",
					]);
			});

			it("pass the compiler in strict mode, beside the programs that are TypeScript as well", () => {
				expect(complaints).toBe("");
			});

			it.concurrent.each(fragments.map((block) => [block.where, block] as const))(
				"%s runs, and its lines have the values beside them",
				async (_where, block) => {
					// An error that the fragment throws makes it fail, and what it left open would keep it from ending.
					expect(await project.runInThread(`${fileOf(block)}.mjs`)).toMatch(/^[24]\d\d ".*"\n$/);
				},
			);
		});

	describeLinks(readmes);

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

function fileOf({ where }: Block): string {
	return where.replace(/\W+/g, "-");
}

function nameOf({ marker = "" }: CodeBlock): string {
	return marker.replace("browser: ", "");
}
