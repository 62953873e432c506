/**
 * The options of a stream, checked once, with their defaults.
 */
import { StreamError, withoutSecrets } from "./stream-error.js";
import type { Parse, SharedOptions, StreamOptions } from "./types.js";

export type ResolvedOptions = Omit<StreamOptions, "retry" | "shared"> & {
	readonly retry: { readonly baseMs: number; readonly maxMs: number; readonly jitter: number };
	readonly lastEventIdIn: "header" | "query";
	readonly isFinal: (status: number) => boolean;
	readonly connectTimeoutMs: number;
	readonly gapEvent: string;
	readonly parse: Parse;
	readonly maxEventLength: number;
	readonly maxWaiting: number;
	readonly maxWaitingLength: number;
	readonly longPoll: boolean;
	readonly shared: { readonly maxEvents: number; readonly silenceMs: number } | undefined;
};

const MAX_MS = 2_147_483_647;

const NAMES: readonly (keyof StreamOptions)[] = [
	"method",
	"body",
	"headers",
	"credentials",
	"fetch",
	"signal",
	"lastEventId",
	"lastEventIdIn",
	"name",
	"retry",
	"onUnauthorized",
	"isFinal",
	"closeOnEnd",
	"stallAfterMs",
	"connectTimeoutMs",
	"gapEvent",
	"onGap",
	"parse",
	"onError",
	"pauseWhenHidden",
	"longPoll",
	"maxEventLength",
	"maxWaiting",
	"maxWaitingLength",
	"shared",
];

/** @throws `ERR_SSE_INVALID_OPTION` */
export function resolveOptions(options: StreamOptions): ResolvedOptions {
	const { retry = {}, shared } = options;
	// An object without options, if it is `true`.
	const own: SharedOptions = Object(shared);
	checkNames("", options, NAMES);
	checkNames("retry.", retry, ["baseMs", "maxMs", "jitter"]);
	checkNames("shared.", own, ["maxEvents", "silenceMs"]);
	// It has no default here: the server may announce one.
	time("stallAfterMs", options.stallAfterMs, 0);
	const resolved: ResolvedOptions = {
		...options,
		retry: {
			baseMs: time("retry.baseMs", retry.baseMs, 1_000),
			maxMs: time("retry.maxMs", retry.maxMs, 30_000),
			jitter: inRange("retry.jitter", retry.jitter ?? 0.5, 1, false),
		},
		lastEventIdIn: oneOf("lastEventIdIn", options.lastEventIdIn ?? "header", ["header", "query"]),
		isFinal: options.isFinal ?? isFinalByDefault,
		connectTimeoutMs: time("connectTimeoutMs", options.connectTimeoutMs, 30_000),
		gapEvent: options.gapEvent ?? "gap",
		parse: options.parse ?? "auto",
		maxEventLength: inRange("maxEventLength", options.maxEventLength ?? 2 ** 24, 2 ** 29),
		maxWaiting: Math.max(1, inRange("maxWaiting", options.maxWaiting ?? 1_000, 1e6)),
		maxWaitingLength: inRange("maxWaitingLength", options.maxWaitingLength ?? 2 ** 24, 2 ** 29),
		longPoll: options.longPoll ?? true,
		shared: shared
			? {
					maxEvents: inRange("shared.maxEvents", own.maxEvents ?? 1_000, 1e6),
					silenceMs: time("shared.silenceMs", own.silenceMs, 10_000),
				}
			: undefined,
	};
	const { parse, lastEventId } = resolved;
	if (typeof (lastEventId ?? "") !== "string") refuse("lastEventId", "a string", lastEventId);
	// A function, or an object of schemas.
	if (Object(parse) !== parse) oneOf("parse", parse as string, ["auto", "json", "text"]);
	for (const name of ["onGap", "onError", "onUnauthorized", "isFinal", "fetch"] as const) {
		const value = resolved[name];
		if (value !== undefined && typeof value !== "function") refuse(name, "a function", value);
	}
	return resolved;
}

/**
 * HTML, section 9.2.3: "If res's status is not 200 [...] fail the connection". Only what may be otherwise in a while is asked again:
 * 408, 425, 429 and server errors mean "later", 421 "on another connection", and 0 is the status of a network error.
 */
function isFinalByDefault(status: number): boolean {
	return status < 500
		? ![0, 408, 421, 425, 429].includes(status)
		: status === 501 || status === 505;
}

/** A misspelled option would silently do nothing. */
function checkNames(within: string, given: object, names: readonly string[]): void {
	if (Object(given) !== given) refuse(`${within}*`, "an object", given);
	const unknown = Object.keys(given).find((name) => !names.includes(name));
	if (unknown === undefined) return;
	const message = `There is no option ${within}${unknown}; there are ${names}`;
	throw new StreamError("ERR_SSE_INVALID_OPTION", message);
}

function time(name: string, value: number | undefined, fallback: number): number {
	return inRange(name, value ?? fallback, MAX_MS);
}

function inRange(name: string, value: number, max: number, isWhole = true): number {
	if (!(value >= 0 && value <= max) || (isWhole && !Number.isInteger(value))) {
		refuse(name, `${isWhole ? "an integer" : "a number"} from 0 to ${max}`, value);
	}
	return value;
}

function oneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
	if (!allowed.includes(value)) refuse(name, allowed.join(" or "), value);
	return value;
}

/** Refuses what no attempt could request. A custom `fetch` may know other URLs, and bodies of other methods. */
export function checkRequest(
	url: string | URL | (() => string | URL),
	{ fetch, method, headers, body }: ResolvedOptions,
): void {
	const base = globalThis.document?.baseURI ?? globalThis.location?.href;
	// Not in React Native, nor in browsers before 2023.
	if (!fetch && typeof url !== "function" && URL.canParse?.(String(url), base) === false) {
		refuse("url", "a valid URL, absolute outside of a page", withoutSecrets(String(url)));
	}
	// Where there is none, the application has a `fetch` of its own.
	if (globalThis.Request === undefined) return;
	try {
		// What functions return is not known yet, and a stream would be used up.
		new Request("http://a", {
			method: fetch ? "POST" : method,
			headers: typeof headers === "function" ? {} : headers,
			body: body == null ? undefined : "x",
		} as RequestInit);
	} catch (cause) {
		// The text of the cause may quote a header.
		const message = "No request can have this method, headers or body";
		throw new StreamError("ERR_SSE_INVALID_OPTION", message, { cause });
	}
}

export function refuse(name: string, rule: string, value: unknown): never {
	const message = `The option ${name} must be ${rule}, got ${String(value).slice(0, 80)}`;
	throw new StreamError("ERR_SSE_INVALID_OPTION", message);
}
