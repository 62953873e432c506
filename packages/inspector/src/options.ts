/**
 * The options of an inspector, validated once. Without `authorize`, an inspector answers nobody but this machine.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { hostname } from "node:os";
import { SSEError, type SSEService } from "sse-service";
import { FUNCTION, type OptionRules, optional, type Rule, readOptions } from "sse-service/engine";
import type { InspectedRuns } from "./run-watch.js";

/** What is inspected: any `SSEService`, whatever its event map. */
export type InspectedService = Pick<SSEService, "stats" | "health" | "getGroups" | "disconnect">;

/** What a visitor may do besides looking. */
export interface Allowed {
	/** Send test events. Default false. */
	readonly send?: boolean | undefined;
	/** Disconnect clients. Default false. */
	readonly disconnect?: boolean | undefined;
	/** Cancel runs. Default false. */
	readonly cancel?: boolean | undefined;
}

export interface InspectorOptions {
	/**
	 * Whether a request may see the page and its data. It runs for each request, and each minute for a page that stays open. If it
	 * answers the request itself, for example
	 * with a login, nothing else is sent; if it returns anything but `true`, throws or rejects, the answer is an empty 403.
	 * Required, unless `loopbackOnly` is true.
	 */
	readonly authorize?:
		| ((req: IncomingMessage, res: ServerResponse) => boolean | PromiseLike<boolean>)
		| undefined;
	/**
	 * Answers only requests that come from this machine, name it as `Host`, say `Connection: keep-alive` as browsers do (HTTP/2 has
	 * no such header), and carry no header of a proxy; needs no `authorize`. For development only: whoever reaches this machine
	 * through a tunnel of bytes, or a proxy that passes on or sets `Connection: keep-alive`, looks local, too. Default false.
	 */
	readonly loopbackOnly?: boolean | undefined;
	/** The path of the page, without a slash at the end. Default `"/inspector"`. */
	readonly path?: string | undefined;
	/** The name that the page shows, for example that of this process. Default: the host name and the process id. */
	readonly name?: string | undefined;
	/** Shows the data of events, at most 200 characters of each. Default false. */
	readonly showData?: boolean | undefined;
	/** The runs to show, as `createRuns` returned them. Default: none. */
	readonly runs?: InspectedRuns | undefined;
	/**
	 * With an `eventLog`: shows the other processes that share the log, and lets their inspectors show this one. While a page is
	 * open in any of them, figures, client ids and group names of this process are kept in the engine, for seconds. Who may see
	 * them is up to the `authorize` of the process with the page. Default true.
	 */
	readonly processes?: boolean | undefined;
	/** What a visitor may do. Default: nothing. */
	readonly allow?: Allowed | undefined;
}

export interface ResolvedOptions {
	readonly authorize: InspectorOptions["authorize"];
	readonly loopbackOnly: boolean;
	readonly path: string;
	readonly name: string;
	readonly showData: boolean;
	readonly runs: InspectedRuns | undefined;
	readonly processes: boolean;
	readonly allow: Required<Allowed>;
}

const BOOLEAN: Rule = ["a boolean", (value) => typeof value === "boolean"];
const RUNS: Rule = [
	"what createRuns returned",
	(value) => typeof (value as Partial<InspectedRuns> | null)?.list === "function",
];
const ALLOWED: OptionRules<Required<Allowed>> = {
	send: [false, BOOLEAN],
	disconnect: [false, BOOLEAN],
	cancel: [false, BOOLEAN],
};

/** The service itself, of which the channels speak: Nest's `SseService` wraps it. @throws `ERR_SSE_INVALID_OPTION` */
export function readService(given: InspectedService): InspectedService {
	const service = (given as { readonly service?: InspectedService } | undefined)?.service ?? given;
	if (typeof service?.stats === "function") return service;
	throw refused("The first argument must be a service of sse-service");
}

/** @throws `ERR_SSE_INVALID_OPTION` */
export function resolveOptions(options: InspectorOptions = {}): ResolvedOptions {
	const { allow, ...resolved } = readOptions<Omit<ResolvedOptions, "allow"> & InspectorOptions>(
		options,
		{
			authorize: [undefined, optional(FUNCTION)],
			loopbackOnly: [false, BOOLEAN],
			path: [
				"/inspector",
				[
					'a path that begins with a slash and ends without one, like "/inspector"',
					(value) => typeof value === "string" && /^(\/[\w.~-]+)+$/.test(value),
				],
			],
			name: [`${hostname()} · ${process.pid}`, ["a string", (value) => typeof value === "string"]],
			showData: [false, BOOLEAN],
			runs: [undefined, optional(RUNS)],
			processes: [true, BOOLEAN],
			allow: [{}, ["an object", () => true]],
		},
	);
	if (resolved.authorize === undefined && !resolved.loopbackOnly) {
		throw refused("An inspector needs the option authorize, a function, or loopbackOnly: true");
	}
	return { ...resolved, allow: readOptions(allow, ALLOWED, "allow") };
}

function refused(message: string): SSEError {
	return new SSEError("ERR_SSE_INVALID_OPTION", message);
}
