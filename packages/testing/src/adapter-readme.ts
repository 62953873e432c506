/**
 * What the README of every adapter shows and says: a whole program with the same four routes in the words of its
 * framework, and the errors with their statuses.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { codeOf, readMarkdown } from "./markdown.js";
import type { ProjectOptions, RunningProgram } from "./project.js";
import { describeReadmes, type ReadmeSuite, type Readmes } from "./readme.js";
import { openStream } from "./stream.js";

export interface AdapterReadme {
	/** Of the adapter. */
	readonly folder: string;
	/** The program's file name. */
	readonly program: string;
	/** What the program and the fragments import beside the adapter, as in the `node_modules` of its folder. */
	readonly imports: readonly string[];
	/** Of the project that the program is in. */
	readonly type?: ProjectOptions["type"];
	/** How SIGTERM ends the program: its exit code, or the signal where the framework raises it again. Default 0. */
	readonly end?: number | NodeJS.Signals;
	/** Whether its program, which is in JavaScript, is TypeScript as well: people paste it into files of either. */
	readonly isTyped?: boolean;
	readonly toProgram?: ReadmeSuite["toProgram"];
}

export interface AdapterReadmes extends Readmes {
	/** The first two cells of each row of a table, as far as they are code: an option and its default. */
	namesIn(table: string): (string | undefined)[][];
}

/** Run the claims over the README of an adapter, which must be built. */
export function describeAdapterReadme(adapter: AdapterReadme): AdapterReadmes {
	const { folder, program, imports, type, end = 0, isTyped = false, toProgram } = adapter;
	const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
	const linked = imports.map((each) => [each, join(folder, "node_modules", each)]);
	const readmes = describeReadmes({
		files: [join(folder, "README.md")],
		project: { packages: [name], linked: Object.fromEntries(linked), type },
		typed: isTyped ? [program] : [],
		programs: { [program]: (running) => servesTwo(running, received(), end) },
		commands: {
			[program]: async (watch, publish) => {
				const stream = watch();
				await stream.untilText("welcome");
				expect(await publish().untilEnd()).toBe('{"reached":1}');
				await stream.untilText(received());
			},
		},
		toProgram,
	});
	const received = (): string => readmes.textBlock(`received: ${program}`);

	describe("the table of errors", () => {
		it("has for each code the status that the code has", () => {
			const statuses = statusesOfErrors();
			const rows = readmes
				.table("errors")
				.rows.flatMap(([codes = "", status]) => codeOf(codes).map((code) => ({ code, status })));
			expect(rows.length).toBeGreaterThan(5);
			for (const row of rows) expect(row).toEqual({ ...row, status: statuses.get(row.code) });
		});
	});
	return {
		...readmes,
		namesIn: (table) =>
			readmes
				.table(table)
				.rows.map(([name = "", byDefault = ""]) => [codeOf(name)[0], codeOf(byDefault)[0]]),
	};
}

/** Two clients get what is for all, and one what is for it; a signal ends the program when nothing is left to do. */
async function servesTwo(
	{ url, terminate }: RunningProgram,
	received: string,
	end: number | NodeJS.Signals,
): Promise<void> {
	const post = async (path: string, body: unknown): Promise<unknown> => {
		const headers = { "Content-Type": "application/json" };
		return (
			await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) })
		).json();
	};
	const ada = await openStream(`${url}/events?user=ada`);
	const bob = await openStream(`${url}/events?user=bob`);
	await Promise.all([ada.take(1), bob.take(1)]);
	expect(await post("/news", { title: "Rain" })).toEqual({ reached: 2 });
	expect(await post("/users/ada", ["hello"])).toEqual({ reached: 1 });
	expect(await post("/users/eve", ["hello"])).toEqual({ reached: 0 });
	await ada.take(3);
	expect(ada.textBetweenHeartbeats).toBe(`${received}data: ["hello"]\n\n`);
	expect(await terminate()).toBe(end);
	expect(await Promise.all([ada.ended, bob.ended])).toEqual([true, true]);
	expect(bob.events).toHaveLength(2);
}

/** As the table in the docs of the core has them, which the core's tests hold; an error without one is answered by 500. */
function statusesOfErrors(): ReadonlyMap<string, string> {
	const core = readMarkdown(join(import.meta.dirname, "../../core/docs/errors.md"));
	const errors = core.tables.find(({ marker }) => marker === "table: errors");
	return new Map(
		errors?.rows.map(([code = "", status]) => [codeOf(code)[0] ?? "", status || "500"]),
	);
}
