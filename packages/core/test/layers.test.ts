/**
 * Who may import whom. Data flows one way through the core: a file imports only what stands above it in
 * this table, and what each group is for is said beside it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";

const LAYERS: readonly (readonly string[])[] = [
	// Leaves: words and mistakes.
	["alarm", "errors", "flat-string", "history-types", "types"],
	["option-rules"],
	["limit", "time"],
	// Single nouns: what an event, a name, a header is.
	[
		"cursor",
		"deadline",
		"direct-write",
		"event-stream",
		"frame",
		"headers",
		"last-event-id",
		"pipelining",
		"raw",
		"turns",
	],
	["feed", "record", "sink", "steps"],
	["open-sinks"],
	// What was sent, and can be sent again.
	["command"],
	["event-log", "log-engine"],
	["option-types", "service-types"],
	["drain", "names", "retention", "stats"],
	[
		"backlog",
		"batch",
		"farewell",
		"heartbeat",
		"lifetime",
		"message",
		"node-sink",
		"notices",
		"options",
	],
	["params"],
	["losses", "merge", "page", "record-list"],
	["idempotency-keys", "window"],
	["topic"],
	["topics"],
	["ring"],
	["memory-event-log"],
	// The log in an engine that several processes share.
	["appends", "archive", "log-format", "tags"],
	["arrival", "mirror", "outage", "tail", "writer"],
	["mirror-start", "watch"],
	["engine-event-log"],
	// What is sent and not written yet.
	["flush"],
	["outbox", "pipe"],
	["bounded-outbox", "replay"],
	// One stream.
	["connection"],
	// Finding streams again.
	["target"],
	["registry"],
	["client-view"],
	["ahead", "presence", "roster"],
	["newcomers"],
	["history"],
	["dispatch"],
	// Composition, without I/O of its own.
	["shutdown"],
	["service"],
	["default-service"],
	["app-streams"],
	// What others import.
	["index", "adapter", "engine"],
];

/** What files may import from outside, besides the types of Node's HTTP. */
const OUTER: Readonly<Record<string, readonly string[]>> = {
	connection: ["node:events"],
	"default-service": ["node:util"],
	"direct-write": ["node:http", "node:net"],
	feed: ["node:async_hooks"],
	"memory-event-log": ["nanoid"],
	"node-sink": ["node:net"],
	pipelining: ["node:net"],
	params: ["nanoid", "node:async_hooks"],
	presence: ["nanoid"],
	raw: ["node:http"],
	writer: ["nanoid"],
};

/** Files that may know the types of Node's HTTP. */
const KNOWS_NODE_HTTP = ["headers", "node-sink", "pipelining", "raw", "types"];

const SOURCE = join(import.meta.dirname, "../src");
const files = readdirSync(SOURCE)
	.filter((name) => name.endsWith(".ts"))
	.map((name) => basename(name, ".ts"));

interface Import {
	readonly from: string;
	readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
	const text = readFileSync(join(SOURCE, `${file}.ts`), "utf8");
	return Array.from(
		text.matchAll(/^(?:import|export)( type)?[^;"]*?from "([^"]+)";/gm),
		([, type, from]) => ({ from: from ?? "", typeOnly: type !== undefined }),
	);
}

function layerOf(file: string): number {
	return LAYERS.findIndex((layer) => layer.includes(file));
}

describe("the layers of the core", () => {
	it("the table names every file, once", () => {
		expect(LAYERS.flat().sort()).toEqual([...files].sort());
	});

	it.each(files)("%s imports only from layers above its own", (file) => {
		const inner = importsOf(file).filter(({ from }) => from.startsWith("."));
		for (const { from } of inner) {
			expect(from, "a plain file of this folder").toMatch(/^\.\/[\w-]+\.js$/);
			const imported = basename(from, ".js");
			expect(layerOf(imported), `${file} imports ${imported}`).toBeLessThan(layerOf(file));
		}
	});

	it.each(files)("%s imports nothing else than what it is for", (file) => {
		const outer = importsOf(file).filter(({ from }) => !from.startsWith("."));
		const allowed = OUTER[file] ?? [];
		const typesAllowed = KNOWS_NODE_HTTP.includes(file);
		for (const { from, typeOnly } of outer) {
			if (typeOnly && typesAllowed && /^node:http2?$/.test(from)) continue;
			expect(allowed, `${file} imports ${from}`).toContain(from);
		}
	});

	it.each(files)("%s fits about two screens", (file) => {
		const lines = readFileSync(join(SOURCE, `${file}.ts`), "utf8").split("\n").length;
		// The public types are mostly their documentation; the service lists its parts and members by hand.
		expect(lines).toBeLessThan({ types: 270, service: 320 }[file] ?? 230);
	});

	it("what others import is listed by hand", () => {
		for (const file of ["index", "adapter", "engine"]) {
			expect(readFileSync(join(SOURCE, `${file}.ts`), "utf8")).not.toContain("export *");
		}
	});
});
