/**
 * An adapter as it is published: packed, installed into an empty project beside its framework, started, read, closed.
 */
import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isLongRun } from "./long-run.js";
import { createProject, type Project } from "./project.js";
import { openStream } from "./stream.js";

export interface PackedSuite {
	/** Of the adapter. */
	readonly folder: string;
	/** What is installed beside it: folders, by name. */
	readonly linked: Readonly<Record<string, string>>;
	/**
	 * Programs, by file name. Each prints its URL, sends `hello` to each stream that opens at `/events`, sends `for all` to
	 * all of them and answers their number at `/all`, and closes at SIGTERM.
	 */
	readonly programs: Readonly<Record<string, string>>;
	/**
	 * Files, by name, that the compiler accepts in strict mode, the declarations that they import included; those in
	 * CommonJS also without `esModuleInterop`, and in the resolution that knows no `exports`.
	 */
	readonly types?: Readonly<Record<string, string>>;
	/** Files of tests for Jest, by name. */
	readonly jest?: Readonly<Record<string, string>>;
}

export interface MiddlewareForms {
	/** The adapter's name. */
	readonly name: string;
	/** The framework, and how `import` and `require` give it. */
	readonly framework: { readonly imported: string; readonly required: string };
	/** What follows the imports of `sse`, the framework and `sendSSEToAll`. */
	readonly program: string;
	/** What follows the imports in the files for the compiler. */
	readonly typed: string;
}

/** An adapter that is middleware, in ES modules and CommonJS. */
export function formsOf({
	name,
	framework: { imported, required },
	program,
	typed,
}: MiddlewareForms): Required<Pick<PackedSuite, "programs" | "types">> {
	const types = `import { sse } from "${name}";\n${imported}\n${typed}`;
	return {
		programs: {
			"app.mjs": `import { sse } from "${name}";\n${imported}\nimport { sendSSEToAll } from "sse-service";\n${program}`,
			"app.cjs": `const sse = require("${name}");\n${required}\nconst { sendSSEToAll } = require("sse-service");
if (sse !== sse.default || sse !== sse.sse) throw new Error("not the function itself");
${program}`,
		},
		types: { "types.mts": types, "types.cts": types },
	};
}

// TypeScript 6 calls it deprecated.
const WITHOUT_INTEROP = ["--esModuleInterop", "false"];
// What `"module": "commonjs"` means to TypeScript 5, and so to many applications.
const NODE_10 = ["--module", "commonjs", "--moduleResolution", "node10"];
// These are about how modules are found. To read what browsers have takes more time than all else.
const BY_VERSION_6 = ["--ignoreDeprecations", "6.0", "--lib", "es2023"];

/** Run the claims over an adapter, which must be built. */
export function describePacked(suite: PackedSuite): void {
	const { folder, linked, programs, types = {}, jest = {} } = suite;
	const { name, dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

	describe(`${name}, packed and in an empty project`, () => {
		let project: Project;

		beforeAll(async () => {
			project = await createProject({ packages: [name], linked });
		});

		afterAll(() => project?.remove());

		it("brings what it names, and no copy of anything else", () => {
			const own = join(project.dir, "node_modules", name);
			// A link would lead to a place where it finds more.
			expect(realpathSync(own)).toBe(own);
			expect(readdirSync(own).sort()).toEqual([
				"CHANGELOG.md",
				"LICENSE",
				"README.md",
				"dist",
				"package.json",
			]);
			const manifest = JSON.parse(readFileSync(join(own, "package.json"), "utf8"));
			expect(Object.keys(manifest.dependencies)).toEqual(Object.keys(dependencies));
			expect(Object.values<string>(manifest.dependencies).filter((range) => /[:*]/.test(range)))
				// No protocol of the workspace's.
				.toEqual([]);
		});

		it.each(Object.entries(programs))("%s starts, streams and closes", async (file, text) => {
			project.write(file, text);
			const { url, terminate } = await project.start(file);
			const stream = await openStream(`${url}/events`);
			expect(await stream.take(1)).toEqual([{ data: "hello" }]);
			expect(await (await fetch(`${url}/all`)).text()).toBe("1");
			// From a log, it has an id.
			expect((await stream.take(2))[1]).toMatchObject({ data: "for all" });
			// By itself, or, as Nest does when all has ended, by the signal.
			expect([0, "SIGTERM"]).toContain(await terminate());
			expect(await stream.ended).toBe(true);
		});

		// Together, because the compiler spends most of its time reading their imports.
		const names = Object.keys(types);
		let complaints: Promise<string> | undefined;
		const compileAll = (): Promise<string> => {
			for (const file of names) project.write(file, types[file] ?? "");
			return project.compile(names);
		};

		it.each(names)("%s passes the compiler in strict mode", async (file) => {
			complaints ??= compileAll();
			const ofOthers = new RegExp(`^(?:${names.filter((name) => name !== file).join("|")})\\(`);
			// A complaint begins a line, and may continue in lines that are indented.
			const each = (await complaints).split(/^(?=\S)/m);
			expect(each.filter((text) => names.length === 1 || !ofOthers.test(text)).join("")).toBe("");
		});

		const required = Object.entries(types).filter(([file]) => file.endsWith(".cts"));
		if (required.length > 0) {
			const files = required.map(([file]) => file);

			// Each alone as well in a long run.
			it.each([
				[
					"without esModuleInterop, where it resolves as Node 10 did, without exports",
					[...WITHOUT_INTEROP, ...NODE_10],
				],
				...(isLongRun
					? ([
							["without esModuleInterop", WITHOUT_INTEROP],
							["where it resolves as Node 10 did, without exports", NODE_10],
						] as const)
					: []),
			] as const)("passes the compiler in CommonJS %s", async (_where, args) => {
				for (const [file, text] of required) project.write(file, text);
				expect(await project.compile([...files, ...args, ...BY_VERSION_6])).toBe("");
			});
		}

		it.each(Object.entries(jest))("%s passes under Jest", async (file, text) => {
			project.write(file, text);
			expect(await project.jest(file)).toContain("1 passed, 1 total");
		});
	});
}
