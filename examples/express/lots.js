/**
 * The lots, and who leads on each. The auction is silent: a bidder learns how they stand, and nobody else does.
 */

/**
 * @typedef {object} Lot What everyone may know.
 * @property {string} id
 * @property {string} title
 * @property {string} artist
 * @property {number} price The highest bid, or what bidding starts with, in euros.
 * @property {number} next What the next bid must be.
 * @property {number} bids How many there have been.
 * @property {boolean} isSold
 *
 * @typedef {object} Standing How one bidder stands on a lot.
 * @property {string} lot its id
 * @property {"leading" | "outbid" | "won" | "lost"} state
 *
 * @typedef {object} Ledger What nobody else may know.
 * @property {string} [leader]
 * @property {Set<string>} bidders
 */

/** Bids in the hall come by telephone, too, up to this many times the starting price. */
const TELEPHONE_LIMIT = 3;
const TELEPHONE = "telephone";

/** @type {readonly [id: string, title: string, artist: string, start: number][]} */
const CATALOGUE = [
	["low-tide", "Low Tide", "M. Okafor", 320],
	["static", "Static, No. 4", "Ilse Brandt", 540],
	["late-sun", "Late Sun", "R. Castellanos", 260],
	["afternoon", "Afternoon, with Stairs", "Ilse Brandt", 480],
	["foothills", "Foothills", "J. Lindqvist", 390],
	["instrument", "Instrument", "A. Moreau", 620],
];

/**
 * @param {object} listeners
 * @param {(lot: Lot) => void} listeners.onLot Called with each lot that has changed.
 * @param {(bidder: string, standing: Standing) => void} listeners.onStanding Called with each bidder whose standing has changed.
 */
export function createLots({ onLot, onStanding }) {
	/** @type {Map<string, Lot>} */
	const lots = new Map();
	/** @type {Map<string, Ledger>} */
	const ledgers = new Map();
	for (const [id, title, artist, price] of CATALOGUE) {
		lots.set(id, { id, title, artist, price, next: price, bids: 0, isSold: false });
		ledgers.set(id, { bidders: new Set() });
	}

	/** @param {string} id @returns {Ledger} */
	function ledgerOf(id) {
		return ledgers.get(id) ?? { bidders: new Set() };
	}

	/** @param {Lot} lot @param {string} bidder @returns {Standing} */
	function standingOf({ id, isSold }, bidder) {
		const leads = ledgerOf(id).leader === bidder;
		if (isSold) return { lot: id, state: leads ? "won" : "lost" };
		return { lot: id, state: leads ? "leading" : "outbid" };
	}

	/** @param {Lot} lot */
	function update(lot) {
		lots.set(lot.id, lot);
		onLot(lot);
	}

	/** Whether the bid counts: it must be the next one. @param {Lot} lot @param {string} bidder @param {number} price */
	function bid(lot, bidder, price) {
		const ledger = ledgerOf(lot.id);
		if (lot.isSold || price !== lot.next || ledger.leader === bidder) return false;
		const before = ledger.leader;
		ledger.leader = bidder;
		ledger.bidders.add(bidder);
		update({ ...lot, price, next: price + (price < 500 ? 20 : 50), bids: lot.bids + 1 });
		onStanding(bidder, standingOf(lot, bidder));
		if (before !== undefined) onStanding(before, standingOf(lot, before));
		return true;
	}

	return {
		/** @returns {readonly Lot[]} */
		list: () => [...lots.values()],

		/** @param {string} id */
		get: (id) => lots.get(id),

		/** Of the lots a bidder has bid on. @param {string} bidder */
		standings: (bidder) =>
			[...lots.values()]
				.filter(({ id }) => ledgerOf(id).bidders.has(bidder))
				.map((lot) => standingOf(lot, bidder)),

		bid,

		/** To who leads. @param {Lot} lot @returns whether there was one */
		sell(lot) {
			const { leader, bidders } = ledgerOf(lot.id);
			if (lot.isSold || leader === undefined) return false;
			const sold = { ...lot, isSold: true };
			update(sold);
			for (const bidder of bidders) onStanding(bidder, standingOf(sold, bidder));
			return true;
		},

		/** Somebody rings up for one of the lots. */
		bidByTelephone() {
			const open = CATALOGUE.flatMap(([id, , , start]) => {
				const lot = lots.get(id);
				return lot !== undefined && !lot.isSold && lot.next <= start * TELEPHONE_LIMIT ? [lot] : [];
			});
			const lot = open[Math.floor(Math.random() * open.length)];
			if (lot !== undefined) bid(lot, TELEPHONE, lot.next);
		},
	};
}
