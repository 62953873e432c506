/**
 * Figures in words.
 */

/** @param {number} count @param {string} thing */
export function plural(count, thing) {
	return `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : "s"}`;
}

/** @param {number} count */
export function people(count) {
	return count === 1 ? "1 person" : `${count} people`;
}

/** @param {string} room */
export function roomLabel(room) {
	return `#\u00a0${room}`;
}

/** @param {number} share 0 to 1 */
export function percent(share) {
	return `${Math.round(share * 100)} %`;
}

/** @param {number} bytes */
export function gibibytes(bytes) {
	return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
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
