/**
 * A Markdown file as tests read it: its blocks of code, tables, headings and links. What an HTML comment says in
 * the line before a block or table is its marker, which readers do not see.
 */
import { readFileSync } from "node:fs";

export interface CodeBlock {
	/** Of the fence, from 1. */
	readonly line: number;
	readonly language: string;
	readonly marker: string | undefined;
	readonly text: string;
}

export interface Table {
	readonly marker: string | undefined;
	/** Without the head and the line under it. */
	readonly rows: readonly (readonly string[])[];
}

export interface Markdown {
	readonly text: string;
	readonly blocks: readonly CodeBlock[];
	readonly tables: readonly Table[];
	/** The anchors of its headings, as GitHub makes them. */
	readonly anchors: readonly string[];
	/** Targets of links and sources of pictures. */
	readonly links: readonly string[];
}

const FENCE = /^ *(`{3,}|~{3,}) *(\S*)/;

export function readMarkdown(path: string): Markdown {
	const text = readFileSync(path, "utf8");
	const lines = text.split("\n");
	const blocks: CodeBlock[] = [];
	const tables: Table[] = [];
	const prose: string[] = [];
	for (let i = 0; i < lines.length; i++) {
		const line = lines[i] ?? "";
		const marker = /^<!-- (.+) -->$/.exec(lines[i - 1] ?? "")?.[1];
		const [, fence, language = ""] = FENCE.exec(line) ?? [];
		if (fence !== undefined) {
			const end = lines.findIndex((other, index) => index > i && other.trim() === fence);
			if (end === -1) throw new Error(`${path}:${i + 1}: this block has no end`);
			const content = lines.slice(i + 1, end).join("\n");
			blocks.push({ line: i + 1, language, marker, text: `${content}\n` });
			i = end;
		} else if (line.startsWith("|")) {
			const length = lines.slice(i).findIndex((other) => !other.startsWith("|"));
			const rows = lines.slice(i, i + length);
			tables.push({ marker, rows: rows.slice(2).map(cellsOf) });
			prose.push(...rows);
			i += length - 1;
		} else prose.push(line);
	}
	return {
		text,
		blocks,
		tables,
		anchors: prose.flatMap((line) => anchorOf(line) ?? []),
		links: prose.flatMap(linksOf),
	};
}

/** What stands in back quotes. */
export function codeOf(cell: string): string[] {
	return Array.from(cell.matchAll(/`([^`]+)`/g), ([, code]) => code ?? "");
}

function cellsOf(row: string): string[] {
	return row
		.split("|")
		.slice(1, -1)
		.map((cell) => cell.trim());
}

function anchorOf(line: string): string | undefined {
	const heading = /^#+ (.+)$/.exec(line)?.[1];
	return heading
		?.toLowerCase()
		.replace(/[^\w\- ]/g, "")
		.replaceAll(" ", "-");
}

function linksOf(line: string): string[] {
	const targets = line.matchAll(/\]\(([^)]+)\)|(?:src|srcset|href)="([^"]+)"/g);
	return Array.from(targets, ([, link, attribute]) => link ?? attribute ?? "");
}
