// A process that produces or follows runs. It takes orders from the benchmark.

import { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { takeOrders } from "../orders.js";
import { nowMicros, readUsage } from "../usage.js";
import { CONTENDERS } from "./contenders.js";

const [, , name = "", url = ""] = process.argv;
const create = CONTENDERS[name];
if (create === undefined) throw new Error(`there is nobody named ${name}`);
const contender = await create(url);

/** @typedef {{ first: number, runs: number, tokens: number, everyMs: number }} Work */

/** @type {Promise<Received>[]} */
let following = [];

/** @typedef {{ count: number, delays: number[], firstMicros: number }} Received */

/** A token says its place and when it was made. @param {Work} work */
async function* tokensOf({ tokens, everyMs }) {
	// Runs do not begin together.
	await pause(Math.random() * everyMs);
	const start = performance.now();
	for (let index = 0; index < tokens; index++) {
		yield `${index}@${nowMicros()}@token`;
		await pause(Math.max(0, start + (index + 1) * everyMs - performance.now()));
	}
}

/** @param {ReadableStream<Uint8Array | string>} stream @param {number} tokens @param {number} askedAt @returns {Promise<Received>} */
async function receive(stream, tokens, askedAt) {
	let beganAt = 0;
	const decoder = new TextDecoder();
	const delays = [];
	let firstMicros = 0;
	let count = 0;
	let rest = "";
	for await (const part of stream) {
		rest += typeof part === "string" ? part : decoder.decode(part, { stream: true });
		const lines = rest.split("\n");
		rest = lines.pop() ?? "";
		for (const line of lines) {
			const [, index, at] = /(?:^|data: )(\d+)@([\d.]+)@token/.exec(line) ?? [];
			if (index === undefined) continue;
			if (Number(index) !== count) throw new Error(`token ${index} came where ${count} should`);
			const now = nowMicros();
			if (count++ === 0) {
				beganAt = now;
				firstMicros = now - Math.max(Number(at), askedAt);
			}
			// What was made before its reader had begun has waited for the reader.
			if (Number(at) >= beganAt) delays.push(now - Number(at));
		}
	}
	if (count !== tokens) throw new Error(`${count} of ${tokens} tokens came`);
	return { count, delays, firstMicros };
}

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
			Array.from({ length: runs }, (_, i) => contender.produce(`run-${first + i}`, tokensOf(work))),
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
