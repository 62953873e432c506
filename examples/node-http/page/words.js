/**
 * Figures and names of this page in words.
 */

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
