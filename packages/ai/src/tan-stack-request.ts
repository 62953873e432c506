/**
 * The requests of TanStack AI's client: a POST with `X-Run-Id` starts a run, the same POST with `Last-Event-ID` resumes it, and
 * a GET with `runId` and `offset` joins it.
 *
 * @see https://tanstack.com/ai
 */
import type { FollowOptions, RunCodec } from "sse-service/runs";
import { agUi } from "./ag-ui.js";

/** A request: Node's, or the Fetch API's. */
export interface TanStackRequestLike {
	readonly method?: string | undefined;
	readonly url?: string | undefined;
	readonly headers:
		| { get(name: string): string | null }
		| Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface TanStackRequest {
	/** Empty if the request names no run, which `start` and `follow` refuse with status 400. */
	readonly runId: string;
	/** Whether the request starts the run. */
	readonly isStart: boolean;
	/** For `follow`. */
	readonly options: FollowOptions;
}

/** Reads a request: `if (isStart) await runs.start(runId, producer)`, then `runs.follow(runId, { req, res }, options)`. */
export function tanStackRequest(request: TanStackRequestLike): TanStackRequest {
	const { runId = "", offset } = namesOf(request);
	const isFromStart = offset === undefined || offset === "-1";
	const codec = tanStack();
	const options: FollowOptions = isFromStart
		? { codec, unknown: "error" }
		: offset === "now"
			? { codec, unknown: "error", from: "now" }
			: { codec, unknown: "error", lastEventId: offset };
	return { runId, isStart: request.method === "POST" && offset === undefined, options };
}

/** What a request says of its run. */
export function namesOf({ url = "", headers }: TanStackRequestLike): {
	readonly runId: string | undefined;
	readonly offset: string | undefined;
} {
	const header = (name: string): string | undefined => {
		const { get } = headers;
		const value =
			typeof get === "function"
				? get.call(headers, name)
				: (headers as Readonly<Record<string, unknown>>)[name];
		return typeof value === "string" && value !== "" ? value : undefined;
	};
	const query = new URLSearchParams(url.split("?", 2)[1]);
	return {
		runId: header("x-run-id") ?? query.get("runId") ?? undefined,
		offset: header("last-event-id") ?? query.get("offset") ?? undefined,
	};
}

/** For one reader. Its client would add the replayed events to those that it has, so after a gap nothing follows. */
function tanStack(): RunCodec {
	const { event, end } = agUi();
	let isOver = false;
	return {
		event: (...args) => (isOver ? [] : (event?.(...args) ?? [])),
		end: (...args) => (isOver ? [] : (end?.(...args) ?? [])),
		gap: (reason) => {
			isOver = true;
			const message = "The run cannot be resumed from this position";
			return [{ data: { type: "RUN_ERROR", code: reason, message } }];
		},
	};
}
