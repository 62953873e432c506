/**
 * The format in which events and commands are kept by an engine: JSON with short names, version 1. It is read as untrusted
 * input: others can write to an engine too.
 */

import { isObject } from "../checks/errors.js";
import type { Command } from "../event-log/command.js";
import { type LogEntry, LogRecord, type LogTarget } from "../event-log/record.js";
import { checkEventType, checkId, checkRetry } from "../wire/event-stream.js";
import type { Stored } from "./log-engine.js";

/** What is kept: one of both. */
interface Logged {
	/** The process that appended it. */
	readonly writer: string;
	readonly entry?: LogEntry | undefined;
	readonly command?: Command | undefined;
}

/** The version of this format, which engines keep beside the log. */
export const LOG_FORMAT = 1;

export function encodeEntry(writer: string, { target, fields, key, ttlMs }: LogEntry): string {
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
	});
}

/** @throws TypeError when `meta` cannot be made into JSON */
export function encodeCommand(writer: string, { target, ...command }: Command): string {
	return JSON.stringify({ w: writer, ...encodeTarget(target), o: command });
}

// As `encodeEntry` and `encodeCommand` begin.
const NAME = String.raw`"((?:[^"\\]|\\.)*)"`;
const BEGINNING = new RegExp(
	`^\\{"w":${NAME}(?:,"c":${NAME})?(?:,"g":${NAME})?(?:,"x":${NAME})?,"[do]":`,
);

/** Whom a text of the log is for, without decoding it. @returns everyone, where that is not plain to see */
export function readTarget(text: string): LogTarget {
	const [, , client, group] = BEGINNING.exec(text) ?? [];
	const isEscaped = client?.includes("\\") || group?.includes("\\");
	return isEscaped ? {} : { client, group };
}

/** @returns `undefined` when it is none of both */
function decodeLogged(text: string): Logged | undefined {
	try {
		return readLogged(JSON.parse(text));
	} catch {
		return undefined;
	}
}

function readLogged(value: unknown): Logged | undefined {
	if (!isObject(value)) return undefined;
	const { w: writer, c, g, x, d: data, e: event, i, r, k: key, t: ttlMs, o } = value;
	if (typeof writer !== "string" || ![c, g, x, key].every(isName)) return undefined;
	const target = { client: c, group: g, exceptClient: x } as LogTarget;
	if (isObject(o)) return { writer, command: readCommand(o, target) };
	if (typeof data !== "string" || !(ttlMs === undefined || typeof ttlMs === "number")) {
		return undefined;
	}
	const fields = {
		data,
		event: checkEventType(event, Infinity),
		id: checkId(i, Infinity),
		retry: checkRetry(r),
	};
	return { writer, entry: { target, fields, key: key as string | undefined, ttlMs } };
}

function readCommand(told: Record<PropertyKey, unknown>, target: LogTarget): Command | undefined {
	const { do: what, groups, reason, meta } = told;
	const isRead =
		what === "disconnect"
			? typeof reason === "string"
			: what === "setMetadata"
				? isObject(meta)
				: what === "present" ||
					((what === "join" || what === "leave") && Array.isArray(groups) && groups.every(isName));
	return isRead ? ({ ...told, target } as unknown as Command) : undefined;
}

function encodeTarget({ client, group, exceptClient }: LogTarget): object {
	return { c: client, g: group, x: exceptClient };
}

function isName(value: unknown): boolean {
	return value === undefined || typeof value === "string";
}

/** What is in a text of the log, as it comes out of an engine. */
interface Arrival {
	/** Which process appended it. */
	readonly writer: string;
	/** One of both. */
	readonly record?: LogRecord | undefined;
	readonly command?: Command | undefined;
}

/** @returns `undefined` when it is neither an event nor a command: somebody else's, or of a later version */
export function readArrival(
	{ sequence, tag, at, text }: Stored,
	epoch: string,
): Arrival | undefined {
	const { writer, entry, command } = decodeLogged(text) ?? {};
	if (writer === undefined) return undefined;
	if (entry === undefined) return { writer, command };
	try {
		return { writer, record: new LogRecord({ epoch, sequence, tag }, entry, at) };
	} catch {
		// Its lines are together longer than a string can be.
		return undefined;
	}
}
