/**
 * The description of a stream: marks it as ours, with its format and token. No other part of a stream's configuration can hold
 * that in every version of the server.
 */
import { randomBytes } from "node:crypto";
import { LOG_FORMAT, SSEError } from "sse-service/engine";
import type { StreamConfig } from "./jetstream-api.js";

export type StreamKind = "log" | "latest" | "posts" | "runs";

// The format of streams and messages, and that of the texts in them. Runs have texts of their own.
const LOG = `1.${LOG_FORMAT}`;
const FORMATS: Readonly<Record<StreamKind, string>> = {
	log: LOG,
	latest: LOG,
	posts: LOG,
	runs: "1.1",
};

export function newToken(): string {
	return randomBytes(6).toString("base64url");
}

export function encodeDescription(kind: StreamKind, token: string): string {
	return `sse-service ${kind}, format ${FORMATS[kind]}, token ${token}`;
}

/** @returns the token. @throws `ERR_SSE_LOG_VERSION` when it is another kind of stream, or of another format */
export function decodeDescription(kind: StreamKind, { name, description }: StreamConfig): string {
	const [, itsKind, format, token] =
		/^sse-service (\w+), format ([\d.]+), token ([\w-]+)$/.exec(description ?? "") ?? [];
	if (itsKind !== kind || format === undefined || token === undefined) {
		throw wrong(`The stream ${name} in NATS is not one of sse-service: use another prefix`);
	}
	if (format !== FORMATS[kind]) {
		throw wrong(`The stream ${name} in NATS is of format ${format}, not ${FORMATS[kind]}`);
	}
	return token;
}

function wrong(message: string): SSEError {
	return new SSEError("ERR_SSE_LOG_VERSION", message);
}
