// One of the processes that share an engine. It takes orders from the benchmark.

import { once } from "node:events";
import { takeOrders } from "../orders.js";
import { nowMicros, readUsage } from "../usage.js";

/** @typedef {import("./members/index.js").Member} Member */

const [, , url = "", engineUrl = ""] = process.argv;

/** @type {Member} */
const member = await (await import(url)).create(engineUrl);
member.server.listen(0, "127.0.0.1");
await once(member.server, "listening");

/** An event of about this many bytes, with the time when it was sent. @param {number} number @param {string} padding */
const eventOf = (number, padding) => ({ number, at: nowMicros(), padding });

const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

takeOrders({
	async port() {
		while (!member.isReady()) await pause(5);
		return /** @type {import("node:net").AddressInfo} */ (member.server.address()).port;
	},
	usage: readUsage,

	/** As fast as possible, with a limited number on their way at a time. @param {{ first: number, count: number, window: number, padding: string }} work */
	async publish({ first, count, window, padding }) {
		let next = first;
		const one = async () => {
			while (next < first + count) await member.publish(eventOf(next++, padding));
		};
		await Promise.all(Array.from({ length: window }, one));
	},

	/** At a fixed rate. @param {{ first: number, perSecond: number, seconds: number, padding: string }} work */
	async pace({ first, perSecond, seconds, padding }) {
		const start = performance.now();
		/** @type {Promise<unknown>[]} */
		const sent = [];
		for (let number = 0; number < perSecond * seconds; ) {
			const due = Math.min(
				perSecond * seconds,
				Math.ceil(((performance.now() - start) * perSecond) / 1_000),
			);
			while (number < due) sent.push(member.publish(eventOf(first + number++, padding)));
			await pause(1);
		}
		await Promise.all(sent);
	},
});
