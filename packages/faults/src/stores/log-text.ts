/**
 * The texts of the log, as far as the checker reads them. It uses no code that it checks.
 */
import type { Entry } from "../truth/branch.js";
import { toldIn } from "../truth/told.js";

/** @returns the content of a text: an event, a command to join or leave, or nothing that concerns the checker */
export function contentOf(text: string): Omit<Entry, "tag"> {
	try {
		const { d: data, o: command } = JSON.parse(text);
		if (Array.isArray(command?.groups)) return { told: toldIn(command.groups) };
		const number = typeof data === "string" ? Number.parseInt(data, 10) : Number.NaN;
		return Number.isNaN(number) ? {} : { number };
	} catch {
		return {};
	}
}
