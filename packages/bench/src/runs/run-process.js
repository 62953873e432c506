// A process that produces or follows runs. It takes orders from the benchmark.

import { Socket } from "node:net";
import { takeOrders } from "../orders.js";
import { nowMicros, readUsage } from "../usage.js";
import { CONTENDERS } from "./contenders.js";
import { Delays } from "./delays.js";
import { receive } from "./token-reader.js";
import { startTokens } from "./token-source.js";

const [, , name = "", url = ""] = process.argv;
const create = CONTENDERS[name];
if (create === undefined) throw new Error(`there is nobody named ${name}`);
const contender = await create(url);

/** @typedef {import("./token-source.js").Work} Work */

/** @type {Promise<import("./token-reader.js").Received>[]} */
let following = [];
let delays = new Delays();

takeOrders({
	usage: readUsage,

	/** What all connections of this process have received, in bytes. */
	bytes() {
		const handles = /** @type {any} */ (process)._getActiveHandles();
		return handles.reduce(
			(/** @type {number} */ sum, /** @type {unknown} */ handle) =>
				handle instanceof Socket ? sum + handle.bytesRead : sum,
			0,
		);
	},

	/** Resolves once all have begun. @param {Work} work */
	async produce(work) {
		const { first, runs } = work;
		await Promise.all(
			Array.from({ length: runs }, (_, i) =>
				contender.produce(`run-${first + i}`, startTokens(work)),
			),
		);
	},

	/** Resolves once all are open. @param {Work} work */
	async follow({ first, runs, tokens }) {
		following = [];
		delays = new Delays();
		await Promise.all(
			Array.from({ length: runs }, async (_, i) => {
				const askedAt = nowMicros();
				const stream = await contender.follow(`run-${first + i}`);
				following.push(receive(stream, { tokens, askedAt, delays }));
			}),
		);
	},

	/** Resolves once all are read. */
	async read() {
		await Promise.all(following);
	},

	/** What was read. It costs this process something that no contender does. */
	async received() {
		const all = await Promise.all(following);
		const firsts = new Delays();
		for (const { firstMicros } of all) firsts.add(firstMicros);
		return {
			tokens: all.reduce((sum, { count }) => sum + count, 0),
			p50Micros: delays.quantile(0.5),
			p99Micros: delays.quantile(0.99),
			firstMicros: firsts.quantile(0.5),
		};
	},
});
