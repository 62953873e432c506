/**
 * The suites as they are published, in a project that has nothing else of this repository: they pass a right engine and
 * fail a wrong one.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createProject, type Project } from "@sse-service/testing/project";
import { afterAll, beforeAll, expect, it } from "vitest";

const REPOSITORY = join(import.meta.dirname, "../../..");
const VITEST = dirname(createRequire(import.meta.url).resolve("vitest/package.json"));
const ENGINE = readFileSync(join(REPOSITORY, "packages/core/test/memory-engine.ts"), "utf8");

let project: Project;

beforeAll(async () => {
	project = await createProject({
		packages: ["sse-service", "@sse-service/suites"],
		linked: { vitest: VITEST },
		type: "module",
	});
});

afterAll(() => project?.remove());

/** Run the suite of engines over this one; resolves with what vitest printed. */
function prove(engine: string): Promise<string> {
	project.write(
		"memory-engine.ts",
		engine.replaceAll(/"\.\.\/src\/[^"]+"/g, '"sse-service/engine"'),
	);
	project.write(
		"engine.test.ts",
		`import { describeLogEngine } from "@sse-service/suites";
import { MemoryEngine } from "./memory-engine.js";

describeLogEngine("an engine in memory", {
	create: () => {
		const engine = new MemoryEngine();
		return {
			driver: () => engine.driver(),
			lose: async () => engine.lose(),
			trim: async (sequence) => engine.trim(sequence),
			cut: async () => engine.cut(),
		};
	},
});
`,
	);
	const args = [join(VITEST, "vitest.mjs"), "run", "--reporter=verbose", "--no-color"];
	return new Promise((resolve) => {
		execFile(process.execPath, args, { cwd: project.dir }, (_error, stdout, stderr) => {
			resolve(stdout + stderr);
		});
	});
}

it("pass an engine that does what it must", async () => {
	const output = await prove(ENGINE);
	expect(output).toMatch(/Tests +\d\d passed/);
	expect(output).not.toContain("failed");
});

it("fail an engine that leaves a number out", async () => {
	const wrong = ENGINE.replace("const sequence = before + 1;", "const sequence = before + 2;");
	expect(wrong).not.toBe(ENGINE);
	expect(await prove(wrong)).toMatch(/Tests +\d+ failed/);
});

it("have types that the engine of sse-service fits", async () => {
	await prove(ENGINE);
	expect(await project.compile(["engine.test.ts", "--skipLibCheck", "--noEmit"])).toBe("");
});
