/**
 * The web around the streams, on plain `node:http`: JSON in, JSON out, and the files of the page.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { clientModules, sharedPage } from "./index.js";

/** @import { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http" */

/** Names like these and no others reach the file system. */
const FILE_NAME = /^(shared\/|client\/)?([A-Za-z0-9-]+\.(html|css|js|svg))$/;
/** @type {ReadonlyMap<string | undefined, string>} */
const TYPES = new Map([
	["html", "text/html"],
	["css", "text/css"],
	["js", "text/javascript"],
	["svg", "image/svg+xml"],
]);
const MAX_BODY_BYTES = 4_096;

/** By how a path begins. @type {ReadonlyMap<string | undefined, string>} */
const FOLDERS = new Map([
	["shared/", sharedPage],
	["client/", clientModules],
]);

/** A request that is refused: the answer it gets instead. */
export class Refusal extends Error {
	/** @param {number} statusCode @param {string} message @param {OutgoingHttpHeaders} [headers] */
	constructor(statusCode, message, headers) {
		super(message);
		this.statusCode = statusCode;
		this.headers = headers;
	}
}

/** @param {IncomingMessage} req @param {...string} allowed */
export function checkMethod(req, ...allowed) {
	if (allowed.includes(req.method ?? "")) return;
	throw new Refusal(405, `${req.method} is not allowed here`, { Allow: allowed.join(", ") });
}

/** The body, an object. @param {IncomingMessage} req @returns {Promise<Record<string, unknown>>} */
export async function readJson(req) {
	// Node holds a client to the length it has announced, so this alone bounds what is read.
	const length = req.headers["content-length"];
	if (length === undefined) throw new Refusal(411, "The body must come with a Content-Length");
	if (Number(length) > MAX_BODY_BYTES) {
		throw new Refusal(413, `The body must be no larger than ${MAX_BODY_BYTES} bytes`);
	}
	const body = parseJson(await text(req));
	if (typeof body !== "object" || body === null || Array.isArray(body)) {
		throw new Refusal(400, "The body must be a JSON object");
	}
	return body;
}

/** @param {string} json */
function parseJson(json) {
	try {
		return JSON.parse(json);
	} catch {
		return undefined;
	}
}

/** @param {ServerResponse} res @param {number} status @param {object} body @param {OutgoingHttpHeaders} [headers] */
export function answer(res, status, body, headers) {
	res.writeHead(status, { "Content-Type": "application/json", ...headers });
	res.end(JSON.stringify(body));
}

/**
 * Answers what a handler threw: refusals, and those errors of sse-service that have a `statusCode`, are
 * the client's to know; others are ours.
 * @param {ServerResponse} res @param {unknown} error
 */
export function answerError(res, error) {
	const { statusCode, message, headers } = /** @type {Partial<Refusal>} */ (error);
	if (res.headersSent || res.destroyed) {
		res.destroy();
	} else if (statusCode !== undefined) {
		answer(res, statusCode, { message }, headers);
	} else {
		console.error(error);
		answer(res, 500, { message: "Something broke on the server" });
	}
}

/** @param {IncomingMessage} req @param {ServerResponse} res @param {string} path @param {string} page The folder of the example's page. */
export async function sendPageFile(req, res, path, page) {
	const [, folder, name = "", ending] = FILE_NAME.exec(path.slice(1) || "index.html") ?? [];
	const type = TYPES.get(ending);
	const file =
		type && (await readFile(join(FOLDERS.get(folder) ?? page, name)).catch(() => undefined));
	if (!file) throw new Refusal(404, "There is nothing here");
	checkMethod(req, "GET", "HEAD");
	res.writeHead(200, {
		"Content-Type": `${type}; charset=utf-8`,
		"Content-Security-Policy": "default-src 'self'",
		"Cache-Control": "no-cache",
	});
	res.end(file);
}

/** @param {unknown} value @param {string} name @param {number} maxLength */
export function checkString(value, name, maxLength) {
	const filled = typeof value === "string" && value.trim() !== "";
	if (filled && value.length <= maxLength) return value;
	throw new Refusal(400, `"${name}" must be a string of 1 to ${maxLength} characters`);
}
