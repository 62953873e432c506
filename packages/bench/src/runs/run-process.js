// A process that produces or follows runs. It takes orders from the benchmark.

import { Socket } from "node:net";
import { takeOrders } from "../orders.js";
import { nowMicros, readUsage } from "../usage.js";
import { CONTENDERS } from "./contenders.js";
import { receive } from "./token-reader.js";
import { startTokens } from "./token-source.js";

const [, , name = "", url = ""] = process.argv;
const create = CONTENDERS[name];
if (create === undefined) throw new Error(`there is nobody named ${name}`);
const contender = await create(url);

/** @typedef {import("./token-source.js").Work} Work */

/** @type {Promise<import("./token-reader.js").Received>[]} */
let following = [];

/** @param {readonly number[]} values @param {number} share */
const quantile = (values, share) =>
	[...values].sort((one, other) => one - other)[
		Math.min(values.length - 1, Math.floor(values.length * share))
	] ?? 0;

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
		await Promise.all(
			Array.from({ length: runs }, async (_, i) => {
				const askedAt = nowMicros();
				const stream = await contender.follow(`run-${first + i}`);
				following.push(receive(stream, tokens, askedAt));
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
		const delays = all.flatMap((each) => each.delays);
		const firsts = all.map((each) => each.firstMicros);
		return {
			tokens: all.reduce((sum, { count }) => sum + count, 0),
			p50Micros: quantile(delays, 0.5),
			p99Micros: quantile(delays, 0.99),
			firstMicros: quantile(firsts, 0.5),
		};
	},
});
