// What is measured over an engine: two processes share it, events are sent in one and received by a client of the other.

import { Child } from "../orders.js";
import { cpuMicros, usageBetween } from "../usage.js";
import { startEngine } from "./engine-server.js";
import { Receiver } from "./receiver.js";

/**
 * @typedef {import("./members/index.js").Entry} Entry
 * @typedef {Awaited<ReturnType<typeof startEngine>>} Engine
 *
 * @typedef {object} Pair
 * @property {Engine} engine
 * @property {Child} sender
 * @property {Child} other
 * @property {number} otherPort
 *
 * @typedef {object} Sizes
 * @property {number} warmUps before anything is measured
 * @property {number} events of the appending
 * @property {number} perSecond of the latencies
 * @property {number} seconds of the latencies
 *
 * @typedef {Readonly<Record<string, number>>} Figures
 */

// With the JSON around it, 100 bytes.
const PADDING = "x".repeat(52);
const WINDOW = 1_000;
const TIMEOUT_MS = 600_000;

/** @template T @param {Entry} entry @param {(pair: Pair) => Promise<T>} work @returns {Promise<T>} */
export async function withPair({ name, engine: engineName, url }, work) {
	const engine = await startEngine(engineName);
	const start = (/** @type {string} */ which) =>
		new Child({
			name: `${name}, ${which}`,
			url: new URL("./member-process.js", import.meta.url).href,
			args: [url, engine.url],
		});
	const sender = start("sender");
	const other = start("other");
	try {
		const [, otherPort] = await Promise.all([sender.ask("port"), other.ask("port")]);
		return await work({ engine, sender, other, otherPort });
	} finally {
		await Promise.all([sender.end(), other.end()]);
		await engine.stop();
	}
}

/** @param {Entry} entry @param {Sizes} sizes @returns {Promise<Figures>} */
export function measure({ receives, ...entry }, { warmUps, events, perSecond, seconds }) {
	return withPair({ receives, ...entry }, async ({ engine, sender, other, otherPort }) => {
		const receiver = receives && (await Receiver.open(receives, otherPort));
		let sent = 0;
		/** @param {number} count */
		const publish = async (count) => {
			const work = { first: sent, count, window: WINDOW, padding: PADDING };
			sent += count;
			await sender.ask("publish", work);
		};
		const received = () => receiver?.until(sent, TIMEOUT_MS);
		await publish(warmUps);
		await received();

		const read = () => Promise.all([sender.ask("usage"), other.ask("usage")]);
		const before = await read();
		const engineBefore = engine.usedMicros();
		await publish(events);
		const stored = await sender.ask("usage");
		await received();
		const after = await read();
		const used = (/** @type {0 | 1} */ which) =>
			cpuMicros(usageBetween(before[which], after[which]));
		/** @param {number} wallMicros */
		const rate = (wallMicros) => events / (wallMicros / 1_000_000);
		/** @type {Record<string, number>} */
		const figures = {
			storedPerSecond: rate(stored.wallMicros - before[0].wallMicros),
			senderMicros: used(0) / events,
			engineMicros: (engine.usedMicros() - engineBefore) / events,
		};
		if (receiver === undefined) return figures;

		figures.receivedPerSecond = rate(after[0].wallMicros - before[0].wallMicros);
		figures.otherMicros = used(1) / events;
		receiver.latencies = [];
		const first = sent;
		sent += perSecond * seconds;
		await sender.ask("pace", { first, perSecond, seconds, padding: PADDING });
		await received();
		receiver.close();
		const sorted = receiver.latencies.toSorted((a, b) => a - b);
		for (const [key, share] of /** @type {const} */ ([
			["p50Micros", 0.5],
			["p99Micros", 0.99],
			["p999Micros", 0.999],
		])) {
			figures[key] = sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
		}
		return figures;
	});
}
