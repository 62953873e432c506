/**
 * The blocks of an event stream, including those that only set the last event ID, which parsers for applications do not report.
 * Lines end with LF here.
 *
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */

export interface Block {
	readonly event: string;
	/** `undefined`: no event is fired. */
	readonly data: string | undefined;
	/** `undefined`: the last event ID stays as it is. */
	readonly id: string | undefined;
}

/** @returns a function that takes text as it arrives, and calls back for each complete block */
export function createBlockReader(onBlock: (block: Block) => void): (text: string) => void {
	let rest = "";
	return (text) => {
		rest += text;
		let start = 0;
		for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n", start)) {
			onBlock(parseBlock(rest.slice(start, end)));
			start = end + 2;
		}
		rest = rest.slice(start);
	};
}

function parseBlock(text: string): Block {
	let event = "message";
	let data: string | undefined;
	let id: string | undefined;
	for (const line of text.split("\n")) {
		const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
		if (field === "event") event = value;
		else if (field === "data") data = data === undefined ? value : `${data}\n${value}`;
		else if (field === "id") id = value;
	}
	return { event, data, id };
}
