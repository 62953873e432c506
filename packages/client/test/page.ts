/**
 * A page on which the client runs.
 */
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";

const DIST = join(import.meta.dirname, "../dist");

/** Answers the page, and the built modules as browsers load them without a bundler. @returns whether it was one of them */
export function servePage(script: string): (req: IncomingMessage, res: ServerResponse) => boolean {
	return (req, res) => {
		const [path = ""] = (req.url ?? "").split("?");
		if (path === "/") {
			res.setHeader("content-type", "text/html");
			res.end(
				`<!doctype html><meta charset="utf-8"><div id="root"></div><script type="module">${script}</script>`,
			);
			return true;
		}
		if (path === "/favicon.ico") {
			res.writeHead(204).end();
			return true;
		}
		const name = /^\/dist\/([\w-]+\.js)$/.exec(path)?.[1];
		if (name === undefined) return false;
		readFile(join(DIST, name)).then(
			(text) => res.writeHead(200, { "content-type": "text/javascript" }).end(text),
			() => res.writeHead(404).end(),
		);
		return true;
	};
}
