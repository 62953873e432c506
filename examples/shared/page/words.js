/**
 * Figures in words.
 */

/** @param {number} count @param {string} thing */
export function plural(count, thing) {
	return `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : "s"}`;
}

/** @param {number} ms */
export function duration(ms) {
	const seconds = Math.round(ms / 1_000);
	return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** @param {number} at */
export function clockTime(at) {
	return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}
