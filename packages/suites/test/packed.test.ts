/**
 * The suites as they are published, in a project that has nothing else of this repository: they pass a right engine and
 * fail a wrong one. The same of run stores.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { natsServerPath, startNatsServer } from "@sse-service/testing/nats-server";
import { createProject, type Project } from "@sse-service/testing/project";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import { useSuiteServer } from "@sse-service/testing/suite-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RUN_LIMIT_MS } from "../../../.ci/limits.mjs";

const REPOSITORY = join(import.meta.dirname, "../../..");
const VITEST = dirname(createRequire(import.meta.url).resolve("vitest/package.json"));
const ENGINE = readFileSync(join(REPOSITORY, "packages/core/test/memory-engine.ts"), "utf8");
const WRONG_ENGINE = ENGINE.replace("const sequence = before + 1;", "const sequence = before + 2;");

let project: Project;
let proofs: Promise<string> | undefined;

beforeAll(async () => {
	const installed = (folder: string, name: string): string =>
		join(REPOSITORY, "packages", folder, "node_modules", name);
	project = await createProject({
		packages: ["sse-service", "@sse-service/suites", "@sse-service/redis", "@sse-service/nats"],
		linked: {
			vitest: VITEST,
			redis: installed("redis", "redis"),
			"@nats-io/transport-node": installed("nats", "@nats-io/transport-node"),
		},
		type: "module",
	});
});

afterAll(() => project?.remove());

/** Write a test file that runs the suite of engines over this one; returns its name. */
function writeProof(name: string, engine: string): string {
	project.write(`${name}.ts`, engine.replaceAll(/"\.\.\/src\/[^"]+"/g, '"sse-service/engine"'));
	project.write(
		`${name}.test.ts`,
		`import { describeLogEngine } from "@sse-service/suites";
import { MemoryEngine } from "./${name}.js";

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
	return `${name}.test.ts`;
}

/** Runs test files, in one process; resolves with what vitest printed: a line for each test. */
function test(...files: string[]): Promise<string> {
	const limits = [`--test-timeout=${RUN_LIMIT_MS}`, `--hook-timeout=${RUN_LIMIT_MS}`];
	const together = ["--no-isolate", "--max-workers=1"];
	const options = ["--reporter=verbose", "--no-color", ...together, ...limits];
	const args = [join(VITEST, "vitest.mjs"), "run", ...options, ...files];
	return new Promise((resolve) => {
		execFile(process.execPath, args, { cwd: project.dir }, (_error, stdout, stderr) => {
			resolve(stdout + stderr);
		});
	});
}

/** A test file of a store in memory, each claim of which is made by `claim`. */
const memoryStore = (
	claim: string,
): string => `import { describeRunStore } from "@sse-service/suites";
import { createMemoryRunStore, type RunStore } from "sse-service/runs";

let store: RunStore | undefined;

function create(): RunStore {
	const created = createMemoryRunStore();
	const own = created.claim.bind(created);
	const claim: RunStore["claim"] = ${claim};
	return Object.assign(created, { claim });
}

describeRunStore("in memory", {
	open: async () => (store ??= create()),
	close: async () => void (store = undefined),
});
`;

/** Write a test file of a store that every process owns; returns its name. */
function writeWrongStore(name: string): string {
	project.write(
		name,
		memoryStore("async (id, rules) => ({ ...(await own(id, rules)), isOwn: true })"),
	);
	return name;
}

const REDIS_STORE = `import { describeRunStore } from "@sse-service/suites";
import { redisRunStore } from "@sse-service/redis";
import { createClient } from "redis";

const client = createClient({ url: process.env.REDIS_URL as string });
await client.connect();
let prefix = 0;

describeRunStore("in Redis", {
	open: async () => redisRunStore({ client, prefix: String(prefix) }),
	close: async () => void prefix++,
});
`;

const NATS_STORE = `import { describeRunStore } from "@sse-service/suites";
import { natsRunStore } from "@sse-service/nats";
import { connect } from "@nats-io/transport-node";

const connection = await connect({ servers: process.env.NATS_URL as string });
let prefix = 0;

describeRunStore("in NATS", {
	open: async () => natsRunStore({ connection, prefix: String(prefix) }),
	close: async () => void prefix++,
});
`;

/** The lines of a file's tests, of a run of all that need no server: most of what one takes is to start vitest. */
async function linesOf(file: string): Promise<readonly string[]> {
	proofs ??= test(
		writeProof("right", ENGINE),
		writeProof("wrong", WRONG_ENGINE),
		writeWrongStore("wrong-runs.test.ts"),
	);
	return (await proofs).split("\n").filter((line) => line.includes(` ${file} > `));
}

it("pass an engine that does what it must", async () => {
	const lines = await linesOf("right.test.ts");
	expect(lines.filter((line) => line.startsWith(" ✓ ")).length).toBeGreaterThan(9);
	expect(lines.filter((line) => line.startsWith(" × "))).toEqual([]);
});

it("fail an engine that skips a number", async () => {
	expect(WRONG_ENGINE).not.toBe(ENGINE);
	expect(await linesOf("wrong.test.ts")).toContainEqual(expect.stringMatching(/^ × /));
});

it("have types that the engine of sse-service fits", async () => {
	const file = writeProof("right", ENGINE);
	expect(await project.compile([file, "--skipLibCheck", "--noEmit"])).toBe("");
});

describe.skipIf(redisServerPath === undefined || natsServerPath === undefined)("run stores", () => {
	useSuiteServer("REDIS_URL", startRedisServer);
	useSuiteServer("NATS_URL", startNatsServer);

	it("pass the three of sse-service, and have types that fit them", async () => {
		project.write("memory-runs.test.ts", memoryStore("own"));
		project.write("redis-runs.test.ts", REDIS_STORE);
		project.write("nats-runs.test.ts", NATS_STORE);
		const files = ["memory-runs.test.ts", "redis-runs.test.ts", "nats-runs.test.ts"];
		const output = await test(...files);
		expect(output).toMatch(/Test Files +3 passed \(3\)/);
		const options = ["--skipLibCheck", "--noEmit", "--target", "es2022", "--types", "node"];
		expect(await project.compile([...files, ...options])).toBe("");
	});
});

it("fail a run store that gives one run to two producers", async () => {
	const claim = /^ × .* is claimed by exactly one of many/;
	expect(await linesOf("wrong-runs.test.ts")).toContainEqual(expect.stringMatching(claim));
});
