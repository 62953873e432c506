/**
 * The page: the lots, and how the bidder who is signed in stands on each.
 */
import { updateList, within } from "/shared/elements.js";
import { offerTelling, showNotice } from "/shared/notices.js";
import { request } from "/shared/request.js";
import { startSession } from "/shared/session.js";
import { plural } from "/shared/words.js";

/**
 * @import { Listeners } from "/shared/stream.js"
 * @import { Lot, Standing } from "../lots.js"
 * @import { Events, User } from "../types.js"
 */

const STANDINGS = { leading: "You lead", outbid: "Outbid", won: "Yours", lost: "Gone" };
const euros = new Intl.NumberFormat("en-IE", {
	style: "currency",
	currency: "EUR",
	maximumFractionDigits: 0,
});

/** @param {string} id */
const $ = (id) => within(document, `#${id}`);

/** @type {User} */
let user = { name: "", role: "bidder" };
/** @type {Map<string, Lot>} */
let lots = new Map();
/** By the id of the lot. @type {Map<string, Standing["state"]>} */
let standings = new Map();

/** @type {Listeners<Events>} */
const listeners = {
	welcome(welcome) {
		user = welcome.user;
		lots = new Map(welcome.lots.map((lot) => [lot.id, lot]));
		standings = new Map(welcome.standings.map(({ lot, state }) => [lot, state]));
		offerTelling(user.role === "auctioneer");
		showNotice(welcome.notice);
		show();
	},
	lot(lot) {
		lots.set(lot.id, lot);
		show();
	},
	standing({ lot, state }) {
		standings.set(lot, state);
		show();
	},
	notice: showNotice,
};

function show() {
	updateList($("lots"), "lot-row", [...lots.values()], ({ id }) => id, showLot);
	$("story").textContent = story();
}

function story() {
	if (user.role === "auctioneer") return "You hold the gavel. Nobody else sees these buttons.";
	/** @param {Standing["state"]} state */
	const count = (state) => [...standings.values()].filter((each) => each === state).length;
	const parts = [
		count("leading") && `lead on ${count("leading")}`,
		count("outbid") && `are outbid on ${count("outbid")}`,
		count("won") && `have won ${count("won")}`,
		count("lost") && `have lost ${count("lost")} to others`,
	].filter((part) => part !== 0);
	return `Good evening, ${user.name}. You ${parts.join(", ") || "have not bid yet"}.`;
}

/** @param {HTMLElement} row @param {Lot} lot */
function showLot(row, lot) {
	const state = standings.get(lot.id);
	const image = /** @type {HTMLImageElement} */ (within(row, "img"));
	const source = `/lots/${lot.id}/picture`;
	if (image.getAttribute("src") !== source) image.src = source;
	row.dataset.standing = state ?? "";
	row.dataset.sold = String(lot.isSold);
	within(row, ".standing").textContent = state === undefined ? "" : STANDINGS[state];
	within(row, "h2").textContent = lot.title;
	within(row, ".artist").textContent = lot.artist;
	within(row, ".price b").textContent = euros.format(lot.price);
	within(row, ".price small").textContent = lot.isSold
		? "sold"
		: lot.bids === 0
			? "starting price"
			: plural(lot.bids, "bid");

	const isAuctioneer = user.role === "auctioneer";
	const button = /** @type {HTMLButtonElement} */ (within(row, "button"));
	button.textContent = isAuctioneer ? "Sell" : `Bid ${euros.format(lot.next)}`;
	button.ariaLabel = `${button.textContent} ${isAuctioneer ? "" : "for "}${lot.title}`;
	button.hidden = lot.isSold;
	button.disabled = isAuctioneer ? lot.bids === 0 : state === "leading";
	button.onclick = () =>
		act(row, isAuctioneer ? `/lots/${lot.id}/sale` : `/lots/${lot.id}/bids`, { price: lot.next });
}

/** What comes of it comes by the stream, as it does to all other tabs. @param {HTMLElement} row @param {string} path @param {object} body */
async function act(row, path, body) {
	const problem = within(row, "[role=alert]");
	problem.textContent = "";
	try {
		await request("POST", path, body);
	} catch (error) {
		problem.textContent = /** @type {Error} */ (error).message;
	}
}

startSession("/events", listeners);
