// The workload: one event to everyone, again and again, each time when all have the one before.

/**
 * @typedef {import("./orders.js").Child} Child
 * @typedef {import("./usage.js").Usage} Usage
 *
 * @typedef {object} Sizes
 * @property {number} connections
 * @property {number} warmUps broadcasts that are not measured, before those that are
 * @property {number} broadcasts
 * @property {number} eventBytes of an event's block
 *
 * @typedef {object} Measured
 * @property {number} deliveries
 * @property {Usage} server
 * @property {Usage} client
 * @property {number} serialisationsPerBroadcast
 *
 * @typedef {Sizes & Workload} Broadcast
 *
 * @typedef {object} Workload
 * @property {string} title
 * @property {number} connections
 * @property {number} eventBytes
 * @property {number} events how many are sent in a run
 * @property {(server: Child, client: Child, timeoutMs: number) => Promise<Measured>} run with everyone connected;
 * rejects when an event did not reach someone, or not as it was sent
 */

import { usageBetween } from "./usage.js";

/** @param {Sizes} sizes @returns {Broadcast} */
export function createBroadcast(sizes) {
	const { connections, warmUps, broadcasts, eventBytes } = sizes;
	const measured = warmUps + broadcasts;
	return {
		...sizes,
		title: `one event of ${eventBytes} B to ${connections.toLocaleString("en")} connections`,
		// The last one is a fence: an event that came twice is found by what should have come instead.
		events: measured + 1,

		async run(server, client, timeoutMs) {
			/** @param {number} index */
			const send = (index) => {
				server.tell("broadcast", { index, eventBytes });
				return client.ask("received", { index, timeoutMs });
			};
			const read = () => Promise.all([server.ask("usage"), client.ask("usage")]);

			for (let index = 0; index < warmUps; index++) await send(index);
			const serialisations = await server.ask("serialisations");
			const [serverBefore, clientBefore] = await read();
			for (let index = warmUps; index < measured; index++) await send(index);
			const [serverAfter, clientAfter] = await read();
			const serialised = (await server.ask("serialisations")) - serialisations;
			await send(measured);

			return {
				deliveries: connections * broadcasts,
				server: usageBetween(serverBefore, serverAfter),
				client: usageBetween(clientBefore, clientAfter),
				serialisationsPerBroadcast: serialised / broadcasts,
			};
		},
	};
}
