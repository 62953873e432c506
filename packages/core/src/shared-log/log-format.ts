/**
 * The format of events and commands in an engine: JSON with short names, version 1. Texts are read as untrusted input, because
 * others can write to an engine too.
 */

import { isObject } from "../checks/errors.js";
import type { Command } from "../event-log/command.js";
import { type LogEntry, LogRecord } from "../event-log/record.js";
import type { Audience } from "../types/target.js";
import type { Position } from "../wire/cursor.js";
import { checkEventType, checkId, checkRetry } from "../wire/event-stream.js";
import { readTraceparent } from "../wire/traceparent.js";
import { type Keeping, readKeeping } from "./kept-groups.js";
import type { Stored } from "./log-engine.js";

/** A text of the log, as an engine delivered it: an event, a command, or what a process keeps. */
interface Arrival {
	/** Which process appended it. */
	readonly writer: string;
	readonly record?: LogRecord | undefined;
	/** The event is also stored as the newest of its key. */
	readonly isLatest?: boolean | undefined;
	readonly command?: Command | undefined;
	readonly keeping?: Keeping | undefined;
}

/** The version of this format, which engines keep beside the log. */
export const LOG_FORMAT = 1;

export function encodeEntry(
	writer: string,
	{ target, fields, key, ttlMs, traceparent }: LogEntry,
	isLatest = false,
): string {
	const { data, event, id, retry } = fields;
	return JSON.stringify({
		w: writer,
		...encodeTarget(target),
		d: data,
		e: event,
		i: id,
		r: retry,
		k: key,
		t: ttlMs,
		p: traceparent,
		l: isLatest ? 1 : undefined,
	});
}

/** @throws TypeError if JSON cannot represent `meta` */
export function encodeCommand(writer: string, { target, ...command }: Command): string {
	return JSON.stringify({ w: writer, ...encodeTarget(target), o: command });
}

/** Version 2.0 reads it as a command that it does not know, and skips it. */
export function encodeKeeping(writer: string, keeping: Keeping): string {
	return JSON.stringify({ w: writer, o: { do: "keep", ...keeping } });
}

// The beginning of what `encodeEntry` and `encodeCommand` return.
const NAME = String.raw`"((?:[^"\\]|\\.)*)"`;
const BEGINNING = new RegExp(
	`^\\{"w":${NAME}(?:,"c":${NAME})?(?:,"g":${NAME})?(?:,"x":${NAME})?,"[do]":`,
);

/** Reads the target of a text without decoding it. @returns everyone, if the target is not at the beginning */
export function readTarget(text: string): Audience {
	const [, , client, group] = BEGINNING.exec(text) ?? [];
	const isEscaped = client?.includes("\\") || group?.includes("\\");
	return isEscaped ? {} : { client, group };
}

/** @returns `undefined` for any other text, from another program or a later version */
export function readArrival({ text, at }: Stored, position: Position): Arrival | undefined {
	try {
		return readLogged(JSON.parse(text), position, at);
	} catch {
		// No JSON, an invalid field, or lines that together exceed the maximum string length.
		return undefined;
	}
}

/** @throws SSEError or RangeError if it is not valid */
function readLogged(value: unknown, position: Position, at: number): Arrival | undefined {
	if (!isObject(value)) return undefined;
	const { w: writer, c, g, x, d: data, e: event, i, r, k: key, t: ttlMs, p, l, o } = value;
	const isNamed = isName(c) && isName(g) && isName(x) && isName(key);
	if (typeof writer !== "string" || !isNamed) return undefined;
	const target = { client: c, group: g, exceptClient: x } as Audience;
	if (isObject(o)) {
		if (o.do === "keep") return { writer, keeping: readKeeping(o) };
		return { writer, command: readCommand(o, target) };
	}
	if (typeof data !== "string" || !(ttlMs === undefined || typeof ttlMs === "number")) {
		return undefined;
	}
	const fields = {
		data,
		event: checkEventType(event, Infinity),
		id: checkId(i, Infinity),
		retry: checkRetry(r),
	};
	const traceparent = readTraceparent(p);
	const entry = { target, fields, key: key as string | undefined, ttlMs, traceparent };
	return { writer, isLatest: l === 1, record: new LogRecord(position, entry, at) };
}

function readCommand(fields: Record<PropertyKey, unknown>, target: Audience): Command | undefined {
	const { do: what, groups, reason, meta, topic, text } = fields;
	const isRead =
		what === "disconnect"
			? typeof reason === "string"
			: what === "setMetadata"
				? isObject(meta)
				: what === "present" ||
					(what === "signal" && typeof topic === "string" && typeof text === "string") ||
					((what === "join" || what === "leave") && Array.isArray(groups) && groups.every(isName));
	return isRead ? ({ ...fields, target } as unknown as Command) : undefined;
}

function encodeTarget({ client, group, exceptClient }: Audience): object {
	return { c: client, g: group, x: exceptClient };
}

function isName(value: unknown): boolean {
	return value === undefined || typeof value === "string";
}
