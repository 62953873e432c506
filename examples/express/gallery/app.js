/**
 * The gallery's page: one lot of the auction. It opens the stream, and bids, from another origin, with the auction's cookie.
 */
import { within } from "/shared/elements.js";
import { openElsewhere } from "/shared/elsewhere.js";
import { request } from "/shared/request.js";

/**
 * @import { Listeners } from "/shared/stream.js"
 * @import { Lot, Standing } from "../lots.js"
 * @import { Events } from "../types.js"
 */

const LOT = "static";
const STANDINGS = {
	leading: "You lead",
	outbid: "You are outbid",
	won: "It is yours",
	lost: "It is gone",
};

/** @param {string} id */
const $ = (id) => within(document, `#${id}`);
const bid = /** @type {HTMLButtonElement} */ ($("bid"));
const auction = (await request("GET", "/auction")).url;

/** @type {Listeners<Events>} */
const listeners = {
	welcome({ lots, standings }) {
		for (const lot of lots) showLot(lot);
		$("standing").textContent = "";
		for (const standing of standings) showStanding(standing);
	},
	lot: showLot,
	standing: showStanding,
};

/** @param {Lot} lot */
function showLot({ id, title, price, next, isSold }) {
	if (id !== LOT) return;
	$("title").textContent = title;
	$("price").textContent = `€${price}`;
	bid.textContent = `Bid €${next}`;
	bid.hidden = isSold;
	bid.onclick = async () => {
		$("problem").textContent = "";
		try {
			await request("POST", `${auction}/lots/${LOT}/bids`, { price: next });
		} catch (error) {
			$("problem").textContent = /** @type {Error} */ (error).message;
		}
	};
}

/** @param {Standing} standing */
function showStanding({ lot, state }) {
	if (lot !== LOT) return;
	$("standing").textContent = STANDINGS[state];
	bid.disabled = state === "leading";
}

/** @type {HTMLImageElement} */ ($("picture")).src = `${auction}/lots/${LOT}/picture`;
openElsewhere(auction, listeners, () => {
	bid.hidden = true;
});
