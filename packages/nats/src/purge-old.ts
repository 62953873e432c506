/**
 * Age: purges events beyond the maximum age from the beginning of the log. JetStream's own `max_age` would also remove the newest
 * event of a quiet log, and with it the proof that a client has missed nothing.
 */
import type { JetStream } from "./jetstream.js";
import type { LogStream } from "./log-stream.js";

/** Purge what is older, but not the newest. */
export async function purgeOld(
	jetStream: JetStream,
	stream: LogStream,
	maxAgeMs: number,
): Promise<void> {
	const { log, state } = await stream.look();
	const { first_seq, first_ts, last_seq } = state;
	// Checking this process's clock saves most requests. The server's clock decides.
	if (last_seq <= first_seq || Date.parse(first_ts) > Date.now() - maxAgeMs) return;
	const since = (await jetStream.now(stream.name, log.subjects.all)) - maxAgeMs;
	let first = first_seq;
	for (let last = last_seq; first < last; ) {
		const middle = Math.floor((first + last) / 2);
		const [kept] = await jetStream.messages(stream.name, [{ seq: middle }]);
		if (kept === undefined || kept.at < since) first = middle + 1;
		else last = middle;
	}
	if (first > first_seq) await jetStream.purge(stream.name, first);
}
