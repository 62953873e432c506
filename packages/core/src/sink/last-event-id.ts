/**
 * The id a client resumes from: what it was last sent as `id`. Untrusted input.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header
 */

/** The part of a request that may say it. */
interface RequestHead {
	readonly headers: { readonly [name: string]: string | string[] | undefined };
	readonly url?: string | undefined;
}

// Polyfills that cannot set a header use the query, under one of these names.
const LAST_EVENT_ID_PARAMETERS = ["lastEventId", "last-event-id", "last_event_id"];

/**
 * From the header, else from the query; `undefined` when neither has it. `""`: the query has it, and it is empty. Only a page
 * that opens a stream once more, and was given no id before, says that.
 */
export function lastEventIdOf(request: RequestHead): string | undefined {
	const header = request.headers["last-event-id"];
	// Some clients send it empty. By the standard none is sent then, so it does not hide the query.
	// "encoded as UTF-8" by the client, read as Latin-1 by Node.
	if (typeof header === "string" && header !== "")
		return Buffer.from(header, "latin1").toString("utf8");
	const parameters = new URLSearchParams(request.url?.replace(/^[^?]*/, ""));
	const values = LAST_EVENT_ID_PARAMETERS.map((name) => parameters.get(name));
	return values.find((value) => value) ?? (values.includes("") ? "" : undefined);
}
