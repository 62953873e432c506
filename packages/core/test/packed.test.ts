/**
 * The package as it is published: packed, installed into an empty project, used as the documentation says.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createProject, type Project } from "@sse-service/testing/project";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let project: Project;

beforeAll(async () => {
	project = await createProject({ packages: ["sse-service"] });
});

afterAll(() => project.remove());

async function runProgram(name: string, text: string): Promise<string> {
	project.write(name, text);
	return await project.run(name);
}

/** A program that serves one stream, reads it with fetch, and prints what came: the same in both module systems. */
const documentedExample = (imports: string): string => `
${imports}
const server = createServer((req, res) => {
	const { client, currConnection } = connectSSE({
		clientId: "unique id",
		req,
		res,
		originalResHeaders: res.getHeaders(),
		onDisconnectCb: () => console.log("disconnected"),
	});
	console.log(client.clientId, client.connections.length, currConnection === res);
	console.log(sendSSEToClient("unique id", { update: 1 }));
	console.log(sendSSEToAll("all", "news", undefined, 7));
	console.log(sendSSEToConnection(res, [1]));
	console.log(getClientObj("unique id").connections[0] === res, getAllClientObjs().length);
	console.log(setClientMetadata("unique id", { name: "Ada" }).meta.name);
	setImmediate(() => res.end());
});
server.listen(0, "127.0.0.1", async () => {
	const response = await fetch("http://127.0.0.1:" + server.address().port);
	console.log(JSON.stringify(await response.text()));
	server.close();
});
`;

const NAMES =
	"connectSSE, sendSSEToClient, sendSSEToConnection, sendSSEToAll, getClientObj, getAllClientObjs, setClientMetadata";

const OUTPUT = [
	"unique id 1 true",
	"1",
	"1",
	"1",
	"true 1",
	"Ada",
	"disconnected",
	JSON.stringify(': open\ndata: {"update":1}\n\nevent: news\nid: 7\ndata: all\n\ndata: [1]\n\n'),
	"",
].sort();

describe("the packed package in an empty project", () => {
	it("brings no dependencies and only what it names", async () => {
		expect(
			readdirSync(join(project.dir, "node_modules")).filter((name) => !name.startsWith(".")),
		).toEqual(["sse-service"]);
		const files = readdirSync(join(project.dir, "node_modules", "sse-service"));
		expect(files.sort()).toEqual([
			"CHANGELOG.md",
			"LICENSE",
			"README.md",
			"THIRD-PARTY-NOTICES.md",
			"dist",
			"docs",
			"package.json",
		]);
	});

	it("brings the license of what is bundled", () => {
		const folder = dirname(createRequire(import.meta.url).resolve("nanoid/package.json"));
		const notices = join(project.dir, "node_modules/sse-service/THIRD-PARTY-NOTICES.md");
		expect(readFileSync(notices, "utf8")).toContain(
			readFileSync(join(folder, "LICENSE"), "utf8").trim(),
		);
	});

	it("runs the documented example as an ES module", async () => {
		const text = documentedExample(
			`import { createServer } from "node:http";\nimport { ${NAMES} } from "sse-service";`,
		);
		expect((await runProgram("example.mjs", text)).split("\n").sort()).toEqual(OUTPUT);
	});

	it("runs the documented example as CommonJS", async () => {
		const text = documentedExample(
			`const { createServer } = require("node:http");\nconst { ${NAMES} } = require("sse-service");`,
		);
		expect((await runProgram("example.cjs", text)).split("\n").sort()).toEqual(OUTPUT);
	});

	it("an ES module and a CommonJS one share the default service, connections and errors", async () => {
		const text = `
import { createRequire } from "node:module";
import { createServer } from "node:http";
import * as esm from "sse-service";
const cjs = createRequire(import.meta.url)("sse-service");
console.log(esm.connectSSE !== cjs.connectSSE);
console.log(esm.getDefaultService() === cjs.getDefaultService());
const own = esm.createSSEService();
const server = createServer((req, res) => {
	if (req.url === "/own") {
		const { connection } = own.connect({ req, res });
		console.log(cjs.sendSSEToConnection(connection, "handle"), cjs.sendSSEToConnection(res, "response"));
	} else {
		esm.connectSSE({ req, res, clientId: "ada" });
		console.log(cjs.sendSSEToClient("ada", "hi"), cjs.getClientObj("ada").connections[0] === res);
	}
	setImmediate(() => res.end());
});
try { cjs.createSSEService({ bad: 1 }); } catch (error) { console.log(esm.isSSEError(error), error instanceof esm.SSEError, error.code); }
server.listen(0, "127.0.0.1", async () => {
	for (const path of ["/", "/own"]) console.log(JSON.stringify(await (await fetch("http://127.0.0.1:" + server.address().port + path)).text()));
	server.close();
});
`;
		expect((await runProgram("two-copies.mjs", text)).split("\n")).toEqual([
			"true",
			"true",
			"true false ERR_SSE_INVALID_OPTION",
			"1 true",
			'": open\\ndata: hi\\n\\n"',
			"1 1",
			'": open\\ndata: handle\\n\\ndata: response\\n\\n"',
			"",
		]);
	});

	// Its timers keep no process alive: the loop was empty, and Node ended with status 13 before the promise had resolved.
	it.each([
		["at once", "{}"],
		["over drainMs", "{ drainMs: 100 }"],
	])("closes %s where only a Response that nobody reads is open", async (_how, options) => {
		const text = `
import { createSSEService } from "sse-service";
import { respond } from "sse-service/fetch";
const sse = createSSEService({ closeTimeoutMs: 10 });
respond(new Request("http://localhost/"), { service: sse });
await sse.close(${options});
console.log("closed");
`;
		expect(await runProgram("unread.mjs", text)).toBe("closed\n");
	});

	it("closes an event log that does not answer before the process ends", async () => {
		const text = `
import { createSSEService } from "sse-service";
import { createEngineEventLog } from "sse-service/engine";
const never = () => new Promise(() => {});
const [open, newest, append, read, follow, latest, post, posted] = Array(8).fill(never);
const engine = { name: "Test", open, newest, append, read, follow, latest, post, posted, close: async () => {} };
const sse = createSSEService({ eventLog: createEngineEventLog(engine) });
await sse.close();
console.log("closed");
`;
		expect(await runProgram("silent.mjs", text)).toBe("closed\n");
	});

	it("loads and streams under Jest, which cannot require ES modules", async () => {
		project.write(
			"stream.test.js",
			`
const { createServer } = require("node:http");
const { connectSSE, sendSSEToAll, getDefaultService } = require("sse-service");
test("streams", async () => {
	const server = createServer((req, res) => {
		connectSSE({ req, res });
		sendSSEToAll("from jest");
		setImmediate(() => res.end());
	});
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	const response = await fetch("http://127.0.0.1:" + server.address().port);
	expect(await response.text()).toBe(": open\\ndata: from jest\\n\\n");
	await getDefaultService().close();
	await new Promise((resolve) => server.close(resolve));
});
`,
		);
		expect(await project.jest("stream.test.js")).toContain("1 passed, 1 total");
	});

	it("types resolve in an ES module and in CommonJS", async () => {
		const text = (imports: string): string =>
			`${imports}\nconst sse = createSSEService<{ tick: number }>();\nexport const sent: number = sse.send("all", 1, { event: "tick" });\n`;
		project.write("a.mts", text('import { createSSEService } from "sse-service";'));
		project.write("b.cts", text('import { createSSEService } from "sse-service";'));
		expect(await project.compile(["a.mts", "b.cts"])).toBe("");
	});

	it("types resolve as Node 10 resolved, without exports, those of subpaths too", async () => {
		project.write(
			"node-10.ts",
			`
import { createSSEService } from "sse-service";
import { createAppStreams } from "sse-service/adapter";
import { createEngineEventLog } from "sse-service/engine";
createSSEService({ retryMs: 1 });
// @ts-expect-error: a number
createAppStreams({ retryMs: "1" });
// @ts-expect-error: not an engine
createEngineEventLog({});
`,
		);
		const commonjs = ["--module", "commonjs", "--moduleResolution", "node10"];
		const args = [...commonjs, "--ignoreDeprecations", "6.0"];
		expect(await project.compile(["node-10.ts", ...args])).toBe("");
	});
});
