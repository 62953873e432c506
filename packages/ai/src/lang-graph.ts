/**
 * Run streams as a LangGraph server sends them: typed events, `end` or `error` at the end, and headers that name the run, from
 * which the SDK resumes with `Last-Event-ID`.
 *
 * @see https://docs.langchain.com/langsmith/streaming
 */
import { checkRunId, type FoldRules, type RunCodec, type RunStatus } from "sse-service/runs";
import { type Condensed, condense, isEmpty, type JsonEvent } from "./condense.js";

/** The names under which a client of LangGraph knows a run. */
export interface LangGraphRunNames {
	readonly runId: string;
	/** `undefined` for a run without a thread, which the SDK starts with the thread `null`. */
	readonly threadId?: string | undefined;
}

/**
 * The codec for runs whose events are `{ event, data }`, as the SDK yields them. It belongs to one run, because its headers
 * name the run: `runs.follow(runId, reader, { codec: langGraph({ threadId, runId }) })`.
 *
 * @throws `ERR_SSE_INVALID_RUN_ID`
 */
export function langGraph(names: LangGraphRunNames): RunCodec {
	const path = pathOf(names);
	const error = (name: string, message: string) => [
		{ event: "error", data: { error: name, message } },
	];
	return {
		// Both are paths below the API's base, which the SDK puts in front.
		headers: { location: `${path}/stream`, "content-location": path },
		event: ({ data }) => {
			const part = JSON.parse(data) as JsonEvent | null;
			if (typeof part?.event !== "string") {
				throw new Error(`An event for LangGraph must be { event, data }, got ${data.slice(0, 80)}`);
			}
			return [{ event: part.event, data: JSON.stringify(part.data ?? null) }];
		},
		end: ({ outcome, reason = outcome }) => {
			if (outcome === "done") return [{ event: "end", data: "null" }];
			if (outcome === "cancelled")
				return error("UserInterrupt", `The run was cancelled: ${reason}`);
			return error("RunFailed", `The run failed: ${reason}`);
		},
		gap: (reason) => error("StreamGap", `The stream cannot be resumed: ${reason}`),
	};
}

/** A run as the SDK's `client.runs.get` returns it. */
export interface LangGraphRun {
	readonly run_id: string;
	readonly thread_id: string | undefined;
	readonly status: "running" | "success" | "error" | "interrupted";
	readonly created_at: string;
	readonly updated_at: string;
}

/**
 * Returns the JSON for `GET /threads/{threadId}/runs/{runId}`: the SDK asks for it when a stream closes before its end, and
 * resumes the stream only of a run that is `running`.
 */
export function langGraphRun(
	{ state, startedAt, endedAt }: Pick<RunStatus, "state" | "startedAt" | "endedAt">,
	{ runId, threadId }: LangGraphRunNames,
): LangGraphRun {
	const status = { running: "running", done: "success", failed: "error", cancelled: "interrupted" };
	return {
		run_id: runId,
		thread_id: threadId,
		status: status[state] as LangGraphRun["status"],
		created_at: new Date(startedAt).toISOString(),
		updated_at: new Date(endedAt ?? startedAt).toISOString(),
	};
}

/**
 * A fold that sends a late reader one chunk of text for each message, and of states that replace each other (`values`,
 * `messages/partial`) the newest.
 */
export function langGraphFold(): FoldRules<Condensed> {
	const rules = condense({
		deltaOf: (part) => {
			const [message, metadata] = tupleOf(part) ?? [];
			if (!isPlainText(message)) return undefined;
			return {
				part: message.id,
				field: "content",
				holder: (json) => tupleOf(json)?.[0] ?? {},
				rest: JSON.stringify([part.event, message.type, metadata]),
			};
		},
		// A chunk after a state, or after another kind of chunk, comes on top of it.
		boundaryOf: (part) => (isPlainText(tupleOf(part)?.[0]) ? undefined : true),
	});
	return {
		...rules,
		fold: (state, event) => {
			const replaced = replacedBy(JSON.parse(event.data) as JsonEvent);
			if (replaced === undefined) return rules.fold(state, event);
			// One at most, and near the end: whatever is replaced comes again and again.
			const index = state.events.findLastIndex(({ json }) => replaced(json));
			if (index >= 0) state.events.splice(index, 1);
			return rules.fold({ ...state, open: {} }, event);
		},
	};
}

function pathOf({ runId, threadId }: LangGraphRunNames): string {
	checkRunId(runId);
	const thread = threadId === undefined ? "" : `/threads/${encodeURIComponent(threadId)}`;
	return `${thread}/runs/${encodeURIComponent(runId)}`;
}

/** The message and its metadata of an event with a chunk. */
function tupleOf({ event, data }: JsonEvent): [Record<string, unknown>, unknown] | undefined {
	const name = String(event);
	if (name !== "messages" && !name.startsWith("messages|")) return undefined;
	return Array.isArray(data) ? (data as [Record<string, unknown>, unknown]) : undefined;
}

/** Whether a chunk adds only text to its message. */
function isPlainText(
	message: Record<string, unknown> = {},
): message is Record<string, unknown> & { readonly id: string } {
	const { id, type, content, ...others } = message;
	return (
		type !== "remove" &&
		typeof id === "string" &&
		typeof content === "string" &&
		Object.values(others).every(isEmpty)
	);
}

/** Which earlier events an event replaces. */
function replacedBy({ event, data }: JsonEvent): ((earlier: JsonEvent) => boolean) | undefined {
	const holdsInterrupt = (values: unknown): boolean =>
		typeof values === "object" && values !== null && "__interrupt__" in values;
	if (event === "values" && !holdsInterrupt(data)) {
		return (earlier) => earlier.event === "values" && !holdsInterrupt(earlier.data);
	}
	if (event === "messages/partial") {
		const ids = idsOf(data);
		// Compared one by one, which is cheap: the first part of a message is compared with all that is kept.
		return (earlier) => {
			if (earlier.event !== event) return false;
			const others = idsOf(earlier.data);
			return others.length === ids.length && others.every((id, index) => id === ids[index]);
		};
	}
	return undefined;
}

function idsOf(messages: unknown): unknown[] {
	return Array.isArray(messages) ? messages.map((message) => (message as JsonEvent).id) : [];
}
