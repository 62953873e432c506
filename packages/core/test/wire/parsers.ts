/**
 * Third-party parsers of event streams: each parses a stream in chunks. Where one
 * is known to deviate from the specification it says so here, and nowhere else.
 */
import type { Writable } from "node:stream";
import { getBytes, getLines, getMessages } from "@microsoft/fetch-event-source/lib/cjs/parse.js";
import { createParser } from "eventsource-parser";
import { events as fetchEventStream } from "fetch-event-stream";
import { parseServerSentEvents } from "parse-sse";
import { EventSourceStream } from "undici/lib/web/eventsource/eventsource-stream.js";
import type { DispatchedEvent } from "./specification.js";

export interface StreamParser {
	readonly name: string;
	/** All the events of a stream that comes in these chunks. */
	parse(chunks: readonly Uint8Array[]): Promise<DispatchedEvent[]>;
	/** What it makes of an event where it deviates from the specification; `undefined`: it drops it. */
	deviation?(event: DispatchedEvent): DispatchedEvent | undefined;
}

/**
 * eventsource-parser 3.1.1: exact for what has data. It reports an event's own id, so the last event ID is kept here;
 * the id of a block without data it does not report.
 */
export const eventsourceParser: StreamParser = {
	name: "eventsource-parser",
	parse: async (chunks) => {
		const found: DispatchedEvent[] = [];
		let lastEventId = "";
		const parser = createParser({
			onEvent: ({ event, data, id }) => {
				lastEventId = id ?? lastEventId;
				found.push({ type: event ?? "message", data, lastEventId });
			},
		});
		const decoder = new TextDecoder();
		for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
		return found;
	},
};

/** The parser of undici 7.30.2's EventSource: exact, up to 131,072 lines of data. */
export const undiciParser: StreamParser = {
	name: "undici",
	parse: async (chunks) => {
		const found: DispatchedEvent[] = [];
		const stream = new EventSourceStream({
			eventSourceSettings: { lastEventId: "" },
			push: (event) => {
				if (event === null) return false;
				const { type, options } = event;
				return found.push({ type, data: options.data, lastEventId: options.lastEventId }) > 0;
			},
		});
		await writeAll(stream, chunks);
		return found;
	},
};

/** parse-sse 0.1.0: drops an event whose data is empty, though not its id. */
const parseSse: StreamParser = {
	name: "parse-sse",
	parse: async (chunks) => {
		const found: DispatchedEvent[] = [];
		for await (const { type, data, lastEventId } of parseServerSentEvents(responseOf(chunks))) {
			found.push({ type, data, lastEventId });
		}
		return found;
	},
	deviation: (event) => (event.data === "" ? undefined : event),
};

/**
 * The parser of @microsoft/fetch-event-source 2.0.1: decodes each value on its own, so that one loses a byte order
 * mark it begins with, and forgets empty lines at the beginning of the data.
 */
const microsoft: StreamParser = {
	name: "@microsoft/fetch-event-source",
	parse: async (chunks) => {
		const found: DispatchedEvent[] = [];
		let lastEventId = "";
		const onLine = getMessages(
			(id) => {
				lastEventId = id;
			},
			() => {},
			({ event, data }) => found.push({ type: event || "message", data, lastEventId }),
		);
		await getBytes(streamOf(chunks), getLines(onLine));
		return found;
	},
	deviation: ({ type, data, lastEventId }) => ({
		type: withoutBOM(type) || "message",
		data: withoutEmptyStart(data.split("\n").map(withoutBOM)),
		lastEventId: withoutBOM(lastEventId),
	}),
};

/**
 * fetch-event-stream 0.1.6: removes all white space a value begins with, not one space, forgets empty lines at the
 * beginning of the data, and makes numbers of ids that look like the text of one (turned into text again here).
 */
const fetchStream: StreamParser = {
	name: "fetch-event-stream",
	parse: async (chunks) => {
		const found: DispatchedEvent[] = [];
		let lastEventId = "";
		for await (const { event, data = "", id } of fetchEventStream(responseOf(chunks))) {
			lastEventId = id === undefined ? lastEventId : String(id);
			found.push({ type: event || "message", data, lastEventId });
		}
		return found;
	},
	deviation: ({ type, data, lastEventId }) => ({
		type: type.trimStart() || "message",
		data: withoutEmptyStart(data.split("\n").map((line) => line.trimStart())),
		lastEventId: lastEventId.trimStart(),
	}),
};

/** The parsers that can be fed directly. No two of them share code. */
export const PARSERS: readonly StreamParser[] = [
	eventsourceParser,
	undiciParser,
	parseSse,
	microsoft,
	fetchStream,
];

function withoutBOM(text: string): string {
	return text.startsWith("\u{feff}") ? text.slice(1) : text;
}

function withoutEmptyStart(lines: readonly string[]): string {
	return lines.join("\n").replace(/^\n+/, "");
}

async function writeAll(stream: Writable, chunks: readonly Uint8Array[]): Promise<void> {
	for (const chunk of chunks) stream.write(chunk);
	await new Promise<void>((resolve) => stream.end(() => resolve()));
}

function responseOf(chunks: readonly Uint8Array[]): Response {
	return new Response(streamOf(chunks), { headers: { "Content-Type": "text/event-stream" } });
}

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
	const rest = chunks.values();
	return new ReadableStream({
		pull: (controller) => {
			const { done, value } = rest.next();
			if (done) controller.close();
			else controller.enqueue(value);
		},
	});
}
