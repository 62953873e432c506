/**
 * The files of the page: read once, and sent compressed where the browser takes that.
 */
import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { HEADERS } from "./guard.js";

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

const files = new Map<string, File>();

/** Reads the files, which have to be beside the code. @throws if they are not, as in a bundle */
export function readPage(): void {
	if (files.size > 0) return;
	try {
		// Not where the module loads: a bundle in CommonJS has no URL, and may never create an inspector.
		const folder = new URL("../page/", import.meta.url);
		for (const name of readdirSync(folder)) {
			const plain = readFileSync(new URL(name, folder));
			const type = TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
			files.set(name, { type, plain, zipped: gzipSync(plain) });
		}
	} catch (cause) {
		const rule = "The inspector's page is not beside its code";
		throw new Error(`${rule}: leave @sse-service/inspector out of the bundle`, { cause });
	}
}

/** Whether a path below the inspector's own is a file of the page: the empty one is the page itself. */
export function isPageFile(name: string): boolean {
	return name === "" || (name !== "index.html" && files.has(name));
}

/** Sends a file of the page. */
export function sendPageFile(req: IncomingMessage, res: ServerResponse, name: string): void {
	const { type, plain, zipped } = files.get(name === "" ? "index.html" : name) as File;
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
