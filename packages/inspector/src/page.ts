/**
 * The files of the page: read once, and sent compressed where the browser takes that.
 */
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { HEADERS } from "./guard.js";

const NAMES = [
	"app.js",
	"chart.js",
	"dom.js",
	"drawer.js",
	"frames.js",
	"icon.svg",
	"index.html",
	"parts.js",
	"processes.js",
	"row.js",
	"runs.js",
	"server.js",
	"stream.js",
	"style.css",
	"table.js",
];
const TYPES: Readonly<Record<string, string>> = {
	html: "text/html; charset=utf-8",
	css: "text/css; charset=utf-8",
	js: "text/javascript; charset=utf-8",
	svg: "image/svg+xml",
};
/** Gzip, unless its weight is 0 (RFC 9110, section 12.5.3). */
const TAKES_GZIP = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i;

interface File {
	readonly type: string;
	readonly plain: Buffer;
	readonly zipped: Buffer;
}

const read = new Map<string, File>();

/** Whether a path below the inspector's own is a file of the page: the empty one is the page itself. */
export function isPageFile(name: string): boolean {
	return name === "" || (name !== "index.html" && NAMES.includes(name));
}

/** Sends a file of the page. */
export function sendPageFile(req: IncomingMessage, res: ServerResponse, name: string): void {
	const { type, plain, zipped } = fileOf(name === "" ? "index.html" : name);
	const isZipped = TAKES_GZIP.test(String(req.headers["accept-encoding"] ?? ""));
	const body = isZipped ? zipped : plain;
	res.writeHead(200, {
		...HEADERS,
		"Content-Type": type,
		"Content-Length": body.length,
		Vary: "Accept-Encoding",
		...(isZipped ? { "Content-Encoding": "gzip" } : {}),
	});
	res.end(body);
}

function fileOf(name: string): File {
	const known = read.get(name);
	if (known !== undefined) return known;
	const plain = readFileSync(new URL(`../page/${name}`, import.meta.url));
	const type = TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
	const file = { type, plain, zipped: gzipSync(plain) };
	read.set(name, file);
	return file;
}
