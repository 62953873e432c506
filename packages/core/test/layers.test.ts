/**
 * The plan of the core: its rooms, and who may import whom. A room is a folder of `src`. The delivery wing
 * (connection, sink) and the memory wing (event-log, shared-log) never import each other; they meet under the roof
 * (service, history, registry) and stand on the same ground (wire, pacing, checks, types).
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

const GROUND = ["wire", "pacing", "checks", "types"];

/** Each room, and the rooms it may import besides itself. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
	// The roof: composes the rooms below.
	service: ["history", "registry", "connection", "sink", "event-log", "diagnostics", ...GROUND],
	// Runs: a house beside it, of many short streams, built on a service as applications see it.
	runs: ["service", "connection", "sink", "diagnostics", ...GROUND],
	history: ["registry", "connection", "event-log", "diagnostics", ...GROUND],
	registry: ["connection", "sink", "event-log", ...GROUND],
	// The delivery wing: one stream, and what it writes to.
	connection: ["sink", "diagnostics", ...GROUND],
	sink: ["wire", "checks", "types"],
	// The memory wing: what was sent, in this process and in an engine that several share.
	"shared-log": ["event-log", ...GROUND],
	"event-log": ["wire", "checks", "types"],
	// The ground: knows none of the above.
	diagnostics: ["wire", "types"],
	wire: ["checks", "types"],
	pacing: ["checks", "types"],
	checks: ["types"],
	types: [],
};

/** The doors: what applications, framework adapters and event logs import. Each lists its names by hand. */
const DOORS = ["index", "fetch", "adapter", "engine", "runs"];

/** What a file may import from outside. Only the sink runs code of Node's HTTP. */
const OUTER: Readonly<Record<string, readonly string[]>> = {
	"checks/random-id": ["nanoid"],
	"diagnostics/channels": ["node:diagnostics_channel"],
	"sink/direct-write": ["node:http", "node:net"],
	"sink/node-objects": ["node:http", "node:net"],
	"sink/node-sink": ["node:net"],
	"sink/pipelining": ["node:net"],
	"sink/response-listeners": ["node:util"],
};

/** Where the types of Node's HTTP may be named. */
const KNOWS_NODE_HTTP = /^(sink|types)\//;

const SOURCE = join(import.meta.dirname, "../src");
const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
	.filter((name) => name.endsWith(".ts"))
	.map((name) => name.slice(0, -".ts".length));
const inRooms = files.filter((file) => !DOORS.includes(file));

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

/** The files of the core that a file imports, as they are named here. */
function innerImportsOf(file: string): string[] {
	return importsOf(file)
		.filter(({ from }) => from.startsWith("."))
		.map(({ from }) => normalize(join(dirname(file), from)).replace(/\.js$/, ""));
}

/** Files on a circle of imports that this file is on. */
function circleOf(file: string, path: readonly string[] = [file]): readonly string[] | undefined {
	for (const imported of innerImportsOf(path.at(-1) ?? file)) {
		if (imported === file) return path;
		if (path.includes(imported) || !imported.startsWith(`${dirname(file)}/`)) continue;
		const circle = circleOf(file, [...path, imported]);
		if (circle !== undefined) return circle;
	}
	return undefined;
}

describe("the rooms of the core", () => {
	it("the table names every folder, and only the doors are outside of them", () => {
		expect([...new Set(inRooms.map((file) => dirname(file)))].sort()).toEqual(
			Object.keys(ROOMS).sort(),
		);
		expect(files.filter((file) => dirname(file) === ".").sort()).toEqual([...DOORS].sort());
	});

	it("ARCHITECTURE.md names every room, and only files that exist", () => {
		const map = readFileSync(join(SOURCE, "../ARCHITECTURE.md"), "utf8");
		const named = Array.from(map.matchAll(/`(\w[\w-]*\/)([\w-]+\.ts)?`/g), ([, room, file]) => [
			room,
			file,
		]);
		const rooms = named.filter(([, file]) => file === undefined).map(([room]) => room);
		expect(rooms.sort()).toEqual(
			Object.keys(ROOMS)
				.map((room) => `${room}/`)
				.sort(),
		);
		const paths = named.flatMap(([room, file]) => (file === undefined ? [] : [`${room}${file}`]));
		expect(paths.filter((path) => !files.includes(path.replace(".ts", "")))).toEqual([]);
	});

	it("no two files have the same name", () => {
		const names = inRooms
			.filter((file) => !file.startsWith("types/"))
			.map((file) => basename(file));
		expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
	});

	it.each(inRooms)("%s imports only from its own room and those it stands on", (file) => {
		const room = dirname(file);
		for (const imported of innerImportsOf(file)) {
			expect([room, ...(ROOMS[room] ?? [])], `${file} imports ${imported}`).toContain(
				dirname(imported),
			);
		}
	});

	it("the plan has no circle: a room stands on rooms that do not stand on it", () => {
		const standsOn = (room: string, seen: readonly string[] = []): string[] =>
			(ROOMS[room] ?? []).flatMap((below) =>
				seen.includes(below) ? [below] : [below, ...standsOn(below, [...seen, below])],
			);
		for (const room of Object.keys(ROOMS)) expect(standsOn(room), room).not.toContain(room);
	});

	it.each(inRooms)("%s is on no circle of imports within its room", (file) => {
		expect(circleOf(file)).toBeUndefined();
	});

	it.each(files)("%s imports only the outside modules it needs", (file) => {
		const outer = importsOf(file).filter(({ from }) => !from.startsWith("."));
		for (const { from, typeOnly } of outer) {
			if (typeOnly && KNOWS_NODE_HTTP.test(file) && /^node:(http2?|net)$/.test(from)) continue;
			expect(OUTER[file] ?? [], `${file} imports ${from}`).toContain(from);
		}
	});

	it("everything that sse-service/fetch loads runs without Node", () => {
		const reached = new Set(["fetch"]);
		for (const file of reached) {
			for (const { from, typeOnly } of importsOf(file)) {
				if (typeOnly) continue;
				expect(from, file).not.toMatch(/^node:/);
				if (from.startsWith(".")) {
					reached.add(normalize(join(dirname(file), from)).replace(/\.js$/, ""));
				}
			}
		}
		expect(reached).toContain("sink/fetch-sink");
		expect(reached).not.toContain("sink/node-sink");
	});

	it.each(files)("%s fits about two screens", (file) => {
		const lines = readFileSync(join(SOURCE, `${file}.ts`), "utf8").split("\n").length;
		expect(lines).toBeLessThan(230);
	});

	it("what others import is listed by hand", () => {
		for (const door of DOORS) {
			expect(readFileSync(join(SOURCE, `${door}.ts`), "utf8")).not.toContain("export *");
		}
	});
});
