/**
 * The board: the trains that leave a station, and what can happen to them.
 */

/**
 * @typedef {object} Train
 * @property {string} id
 * @property {string} time When it should leave.
 * @property {string} to
 * @property {string} via
 * @property {number} track
 * @property {number} delayMinutes
 *
 * @typedef {object} Change
 * @property {Train} before
 * @property {Train} after
 */

/** @type {readonly Train[]} */
const TRAINS = [
	{ id: "ICE-591", time: "14:05", to: "Lyon", via: "Dijon, Mâcon" },
	{ id: "RE-7", time: "14:12", to: "Ghent", via: "Aalst" },
	{ id: "IC-2214", time: "14:20", to: "Hamburg", via: "Münster, Bremen" },
	{ id: "NJ-40", time: "14:31", to: "Vienna", via: "Nuremberg, Linz" },
	{ id: "TGV-9", time: "14:44", to: "Marseille", via: "Avignon" },
	{ id: "RE-11", time: "14:58", to: "Utrecht", via: "Breda" },
].map((train, index) => ({ ...train, track: index + 1, delayMinutes: 0 }));

export const TRACKS = 9;
const MAX_DELAY_MINUTES = 180;

export function createBoard() {
	const trains = new Map(TRAINS.map((train) => [train.id, train]));

	return {
		/** In the order in which they should leave. @returns {readonly Train[]} */
		trains: () => [...trains.values()],

		/**
		 * @param {string} id
		 * @param {unknown} wish `{ track }` or `{ delayMinutes }`: how many more
		 * @returns {Change | undefined} undefined if there is no such train, or it is no such wish
		 */
		change(id, wish) {
			const before = trains.get(id);
			const { track, delayMinutes } = /** @type {Partial<Train>} */ (wish ?? {});
			if (before === undefined) return undefined;
			const after = { ...before };
			if (isWhole(track, 1, TRACKS)) after.track = track;
			else if (isWhole(delayMinutes, 1, MAX_DELAY_MINUTES - before.delayMinutes)) {
				after.delayMinutes += delayMinutes;
			} else return undefined;
			trains.set(id, after);
			return { before, after };
		},
	};
}

/** @param {unknown} value @param {number} least @param {number} most @returns {value is number} */
function isWhole(value, least, most) {
	return Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
}
