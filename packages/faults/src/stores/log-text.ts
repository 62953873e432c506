/**
 * The texts of the log, as far as the checker reads them: it stands on nothing that it checks.
 */

/** @returns the number of the event in a text; `undefined` when there is none in it */
export function numberIn(text: string): number | undefined {
	try {
		const { d: data } = JSON.parse(text);
		const number = typeof data === "string" ? Number.parseInt(data, 10) : Number.NaN;
		return Number.isNaN(number) ? undefined : number;
	} catch {
		return undefined;
	}
}
