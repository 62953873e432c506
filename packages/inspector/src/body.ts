/**
 * The body of a request: a small JSON object.
 */
import type { IncomingMessage } from "node:http";

const MAX_BYTES = 64 * 1024;

type Body = Readonly<Record<string, unknown>>;

/** Reads the body, or takes what a body parser has read before. @returns `undefined` if it is not a JSON object, or too large */
export async function readBody(req: IncomingMessage): Promise<Body | undefined> {
	const { body } = req as { readonly body?: unknown };
	if (body !== undefined) return asObject(body);
	const parts: Buffer[] = [];
	let bytes = 0;
	for await (const part of req) {
		bytes += (part as Buffer).length;
		// To its end: leaving earlier would end the socket, perhaps below the client's next request.
		if (bytes <= MAX_BYTES) parts.push(part as Buffer);
	}
	if (bytes > MAX_BYTES) return undefined;
	try {
		return asObject(JSON.parse(Buffer.concat(parts).toString()));
	} catch {
		return undefined;
	}
}

function asObject(value: unknown): Body | undefined {
	const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
	return isObject ? (value as Body) : undefined;
}
