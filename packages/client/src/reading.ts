/**
 * Turns the text of an event into its data.
 */
import type { ResolvedOptions } from "./options.js";
import { StreamError } from "./stream-error.js";
import type { Schema } from "./types.js";

/** @throws `ERR_SSE_PARSE` */
export function readData(parse: ResolvedOptions["parse"], text: string, type: string): unknown {
	if (parse === "text") return text;
	try {
		if (typeof parse === "function") return parse(text, type);
		const value: unknown = JSON.parse(text);
		const schema =
			typeof parse === "object" && Object.hasOwn(parse, type) ? parse[type] : undefined;
		return schema === undefined ? value : validated(schema, value);
	} catch (cause) {
		if (parse === "auto") return text;
		const what = `${type.slice(0, 80)} cannot be read: ${text.slice(0, 80)}`;
		throw new StreamError("ERR_SSE_PARSE", `The data of an event of type ${what}`, { cause });
	}
}

function validated(schema: Schema, value: unknown): unknown {
	const result = schema["~standard"].validate(value);
	if (result instanceof Promise) {
		// Nobody awaits it, and in Node an unhandled rejection would end the process.
		result.catch(() => {});
		throw new TypeError("A schema must be synchronous");
	}
	if (result.issues !== undefined) {
		throw new TypeError(result.issues.map(({ message }) => message).join("; "));
	}
	return result.value;
}
