/**
 * The reference of these tests: the specification's own algorithm, sentence by sentence, as slow as it is plain.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */

/** A dispatched event, as a page sees it. */
export interface DispatchedEvent {
	readonly type: string;
	readonly data: string;
	readonly lastEventId: string;
}

export interface Interpretation {
	readonly events: readonly DispatchedEvent[];
	/** Every reconnection time that was set, in order. */
	readonly reconnectionTimes: readonly number[];
}

/** Interpret a whole event stream. */
export function interpret(bytes: Uint8Array): Interpretation {
	const events: DispatchedEvent[] = [];
	const reconnectionTimes: number[] = [];

	// "Streams must be decoded using the UTF-8 decode algorithm." "The UTF-8 decode algorithm strips one
	// leading UTF-8 Byte Order Mark (BOM), if any."
	const text = new TextDecoder("utf-8", { ignoreBOM: false }).decode(bytes);

	// "When a stream is parsed, a data buffer, an event type buffer, and a last event ID buffer must be
	// associated with it. They must be initialized to the empty string."
	let data = "";
	let eventType = "";
	let lastEventIdBuffer = "";
	// "An EventSource object's last event ID string must initially be the empty string."
	let lastEventId = "";

	const processField = (field: string, value: string): void => {
		// "Field names must be compared literally, with no case folding performed."
		switch (field) {
			case "event":
				// "Set the event type buffer to the field value."
				eventType = value;
				break;
			case "data":
				// "Append the field value to the data buffer, then append a single U+000A LINE FEED (LF) character to
				// the data buffer."
				data += value;
				data += "\n";
				break;
			case "id":
				// "If the field value does not contain U+0000 NULL, then set the last event ID buffer to the field
				// value. Otherwise, ignore the field."
				if (!value.includes("\0")) lastEventIdBuffer = value;
				break;
			case "retry":
				// "If the field value consists of only ASCII digits, then interpret the field value as an integer in
				// base ten, and set the event stream's reconnection time to that integer. Otherwise, ignore the field."
				if (/^[0-9]+$/.test(value)) reconnectionTimes.push(Number.parseInt(value, 10));
				break;
			// "Otherwise: The field is ignored."
		}
	};

	const dispatch = (): void => {
		// "Set the last event ID string of the event source to the value of the last event ID buffer. The buffer
		// does not get reset [...]."
		lastEventId = lastEventIdBuffer;
		// "If the data buffer is an empty string, set the data buffer and the event type buffer to the empty string
		// and return."
		if (data === "") {
			eventType = "";
			return;
		}
		// "If the data buffer's last character is a U+000A LINE FEED (LF) character, then remove the last character
		// from the data buffer."
		if (data.endsWith("\n")) data = data.slice(0, -1);
		// "Initialize event's type attribute to "message", its data attribute to data, [...] and its lastEventId
		// attribute to the last event ID string of the event source." "If the event type buffer has a value other
		// than the empty string, change the type of the newly created event to equal the value of the event type
		// buffer."
		events.push({ type: eventType === "" ? "message" : eventType, data, lastEventId });
		// "Set the data buffer and the event type buffer to the empty string."
		data = "";
		eventType = "";
	};

	// "The stream must then be parsed by reading everything line by line, with a U+000D CARRIAGE RETURN U+000A LINE
	// FEED (CRLF) character pair, a single U+000A LINE FEED (LF) character not preceded by a U+000D CARRIAGE RETURN
	// (CR) character, and a single U+000D CARRIAGE RETURN (CR) character not followed by a U+000A LINE FEED (LF)
	// character being the ways in which a line can end."
	const lines = text.split(/\r\n|\n|\r/);
	// "Once the end of the file is reached, any pending data must be discarded." What follows the last line end is
	// no line.
	lines.pop();

	// "Lines must be processed, in the order they are received, as follows:"
	for (const line of lines) {
		if (line === "") {
			// "If the line is empty (a blank line): Dispatch the event, as defined below."
			dispatch();
		} else if (line.startsWith(":")) {
			// "If the line starts with a U+003A COLON character (:): Ignore the line."
		} else if (line.includes(":")) {
			// "Collect the characters on the line before the first U+003A COLON character (:), and let field be that
			// string. Collect the characters on the line after the first U+003A COLON character (:), and let value be
			// that string. If value starts with a U+0020 SPACE character, remove it from value."
			const colon = line.indexOf(":");
			const value = line.slice(colon + 1);
			processField(line.slice(0, colon), value.startsWith(" ") ? value.slice(1) : value);
		} else {
			// "Otherwise, the string is not empty but does not contain a U+003A COLON character (:): Process the field
			// [...] using the whole line as the field name, and the empty string as the field value."
			processField(line, "");
		}
	}
	return { events, reconnectionTimes };
}
