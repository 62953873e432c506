// @boringnode/transmit: a channel for everyone and one for each group. Its messages have no event type and no id.
// A client could have a channel too, but each send looks at every connection: `own` would take minutes.

/** @type {import("./index.js").Wire} */
export const wire = { opening: ":ok\n\n", block: ({ data }) => encode("everyone", data) };

/** @param {string} channel @param {object} payload */
function encode(channel, payload) {
	return `data: ${JSON.stringify({ channel, payload })}\n\n`;
}

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const { Transmit } = await import("@boringnode/transmit");
	/** @type {import("@boringnode/transmit").Transmit<undefined>} */
	const transmit = new Transmit({ pingInterval: false, transport: null }, null);
	let connections = 0;
	return {
		async connect(request, response) {
			const uid = String(connections++);
			transmit.createStream({
				uid,
				context: undefined,
				request,
				response,
				injectResponseHeaders: {},
			});
			await transmit.subscribe({ uid, channel: "everyone", context: undefined });
			onConnection();
		},
		toAll: ({ data }) => transmit.broadcast("everyone", asPayload(data)),
	};
}

/** Its type of what JSON can say, which an object is not known to be. @param {object} data @returns {Record<string, string>} */
function asPayload(data) {
	return /** @type {Record<string, string>} */ (data);
}
