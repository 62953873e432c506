/**
 * The parcels: their contents, owners and progress.
 */

/**
 * @typedef {object} Parcel
 * @property {string} id
 * @property {string} customer
 * @property {string} content
 * @property {readonly string[]} stops The first is where it was sent from, the last is the customer's door.
 * @property {readonly number[]} times When it was at each stop, as far as it has come: milliseconds since 1970.
 */

const MINUTE_MS = 60_000;
/** How long a leg took, for those who had set out before the server was started. */
const LEG_MS = 47 * MINUTE_MS;

/** @type {readonly [id: string, customer: string, content: string, stops: string[], position: number][]} */
const SENT = [
	["NL-2041", "ada", "Field notebooks, pack of three", ["Bergen", "Hamburg", "Leipzig", "Home"], 1],
	["NL-2056", "ada", "Enamel kettle", ["Porto", "Bilbao", "Lyon", "Zürich", "Leipzig", "Home"], 3],
	["NL-2063", "ada", "Storm lantern", ["Tallinn", "Gdańsk", "Leipzig", "Home"], 0],
	["NL-2047", "grace", "Climbing rope, 60 m", ["Torino", "Zürich", "Basel", "Home"], 2],
	["NL-2070", "grace", "Wool blanket", ["Bergen", "Hamburg", "Köln", "Basel", "Home"], 1],
];

/** @param {(parcel: Parcel) => void} onMove Called with each parcel that has moved. */
export function createParcels(onMove) {
	/** @type {Map<string, Parcel>} */
	const parcels = new Map();
	for (const [id, customer, content, stops, position] of SENT) {
		const times = Array.from(
			{ length: position + 1 },
			(_, index) => Date.now() - (position - index + 1) * LEG_MS,
		);
		parcels.set(id, { id, customer, content, stops, times });
	}

	/** @param {Parcel} parcel @param {readonly number[]} times */
	function update(parcel, times) {
		const moved = { ...parcel, times };
		parcels.set(parcel.id, moved);
		onMove(moved);
		return moved;
	}

	return {
		/** All of them, or those of a customer. @param {string} [customer] */
		list(customer) {
			const all = [...parcels.values()];
			return customer === undefined ? all : all.filter((parcel) => parcel.customer === customer);
		},

		/** To its next stop. @param {string} id @returns {Parcel | undefined} undefined when there is none on its way */
		move(id) {
			const parcel = parcels.get(id);
			if (parcel === undefined || hasArrived(parcel)) return undefined;
			return update(parcel, [...parcel.times, Date.now()]);
		},

		/** One of those on their way. When all have arrived, all are sent again. */
		moveAny() {
			const all = [...parcels.values()];
			const moving = all.filter((parcel) => !hasArrived(parcel));
			const next = moving[Math.floor(Math.random() * moving.length)];
			if (next !== undefined) this.move(next.id);
			else for (const parcel of all) update(parcel, [Date.now()]);
		},
	};
}

/** @param {Parcel} parcel */
function hasArrived({ stops, times }) {
	return times.length === stops.length;
}
