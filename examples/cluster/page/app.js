/**
 * The page: one stream, from the process that the balancer chooses, and what arrives on it.
 */
import { paintAvatar, updateList, within } from "/shared/elements.js";
import { inventName, nameInAddress } from "/shared/names.js";
import { openStream } from "/shared/stream.js";
import { plural } from "/shared/words.js";
import { createFleet } from "./fleet.js";
import { createMessages } from "./messages.js";
import { createProof } from "./proof.js";

/**
 * @import { Listeners } from "/shared/stream.js"
 * @import { Events } from "../streams.js"
 */

/** @param {string} id */
const $ = (id) => within(document, `#${id}`);

const me = nameInAddress() || inventName();
const proof = createProof();
const fleet = createFleet();
const messages = createMessages(me);

/** The process that serves this tab, or served it last. */
let server = "";
/** Since when the stream is broken, if it is. @type {number | undefined} */
let lostAt;

/** @type {Listeners<Events & { gap: { reason: string } }>} */
const listeners = {
	hello(hello) {
		const from = server;
		server = hello.server;
		proof.hello(server);
		$("server").textContent = server;
		document.body.dataset.server = server;
		if (lostAt === undefined) {
			showState("Live", "One event stream. Break what you like below: it misses nothing.");
			return;
		}
		const after = `${((Date.now() - lostAt) / 1_000).toFixed(1)} s`;
		lostAt = undefined;
		showState(
			"Live",
			from === server ? `Back on ${server} after ${after}.` : `Moved from ${from} in ${after}.`,
		);
	},
	number: ({ number }) => proof.take(number),
	message: messages.show,
	presence: showPeople,
	fleet: fleet.show,
	gap({ reason }) {
		proof.gap();
		$("story").textContent =
			`It received a gap, for the reason “${reason}”: nothing is missed silently.`;
	},
};

openStream(`/events?as=${encodeURIComponent(me)}`, listeners).onState((state) => {
	// Until the first hello there is nothing to reconnect to.
	if (state !== "waiting" || server === "" || lostAt !== undefined) return;
	lostAt = Date.now();
	proof.lost();
	showState("Reconnecting", "The stream broke off. The client is opening it again by itself.");
});

/** @param {"Live" | "Reconnecting"} state @param {string} story */
function showState(state, story) {
	document.body.dataset.state = state;
	$("state").textContent = state;
	$("story").textContent = story;
}

/** @param {Events["presence"]} clients */
function showPeople(clients) {
	$("people-count").textContent = String(clients.length);
	const sorted = clients.toSorted((one, other) => one.clientId.localeCompare(other.clientId));
	updateList(
		$("people"),
		"person-row",
		sorted,
		({ clientId }) => clientId,
		(row, { clientId, connections }) => {
			paintAvatar(within(row, ".avatar"), clientId);
			within(row, "bdi").textContent = clientId;
			within(row, ".you").hidden = clientId !== me;
			// No connections: the client was sent away and has not reconnected yet.
			within(row, ".size").textContent = connections === 0 ? "moving" : plural(connections, "tab");
		},
	);
}

const other = /** @type {HTMLAnchorElement} */ ($("other"));
// Each time somebody else.
other.onclick = () => {
	other.href = `/?as=${inventName()}`;
};
