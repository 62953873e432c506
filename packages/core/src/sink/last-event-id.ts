/**
 * The id that a client resumes from: the last `id` that it received. Untrusted input.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header
 */

/** The part of a request that can carry the id. */
interface RequestHead {
	readonly headers: { readonly [name: string]: string | string[] | undefined };
	readonly url?: string | undefined;
}

// Polyfills that cannot set a header use the query, under one of these names.
const LAST_EVENT_ID_PARAMETERS = ["lastEventId", "last-event-id", "last_event_id"];

/**
 * Reads the header, or else the query; `undefined` if neither has it. `""`: the query has it, and it is empty. Only a page that
 * reopens a stream without having received an id sends that.
 */
export function lastEventIdOf({ headers, url = "" }: RequestHead): string | undefined {
	const header = headers["last-event-id"];
	// Some clients send an empty header. The standard sends none then, so it must not hide the query.
	// "encoded as UTF-8" by the client, read as Latin-1 by Node.
	if (typeof header === "string" && header !== "")
		return Buffer.from(header, "latin1").toString("utf8");
	const start = url.indexOf("?");
	// Parsing a query costs more than the rest of reading a request. Each name has these letters, unless it is encoded.
	if (start < 0 || !/vent|%/.test(url)) return undefined;
	const parameters = new URLSearchParams(url.slice(start));
	const values = LAST_EVENT_ID_PARAMETERS.map((name) => parameters.get(name));
	return values.find((value) => value) ?? (values.includes("") ? "" : undefined);
}

/** The same, of a request of the Fetch API. */
export function lastEventIdOfFetch({ headers, url }: Request): string | undefined {
	return lastEventIdOf({
		headers: { "last-event-id": headers.get("last-event-id") ?? undefined },
		url,
	});
}
