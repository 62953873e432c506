/**
 * The links and commands of Markdown files: a link leads to a file and a heading, and a command to a script of this repository.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Markdown, readMarkdown } from "./markdown.js";

export const REPOSITORY = join(import.meta.dirname, "../../..");

export interface NamedMarkdown extends Markdown {
	readonly name: string;
	readonly path: string;
}

/** Runs the claims over these files. */
export function describeLinks(files: readonly NamedMarkdown[]): void {
	describe.each(files)("$name", ({ path, text, links }) => {
		it("links to files and headings that exist", () => {
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
}
