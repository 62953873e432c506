/**
 * A snapshot of a stream: the newest message of each subject, and what time it was there.
 */
import { consume } from "./consume.js";
import { type JetStream, type Kept, NO_STREAM, unless } from "./jetstream.js";

export interface Snapshot {
	/** By the server's clock, in milliseconds since 1970. */
	readonly now: number;
	readonly messages: readonly Kept[];
}

/** @returns `undefined` when there is no such stream */
export async function takeSnapshot(
	jetStream: JetStream,
	stream: string,
	filter_subject: string,
): Promise<Snapshot | undefined> {
	const messages: Kept[] = [];
	const done = new AbortController();
	let now = 0;
	let expected = Infinity;
	const consuming = consume(
		jetStream,
		{
			stream,
			config: { deliver_policy: "last_per_subject", filter_subject },
			onCreated: ({ created, num_pending, delivered }) => {
				now = Date.parse(created);
				expected = num_pending + delivered.consumer_seq;
				if (expected === 0) done.abort();
			},
			take: (delivery) => {
				messages.push(delivery);
				// Some may have been replaced meanwhile: then it is not as many.
				if (messages.length >= expected || delivery.pending === 0) done.abort();
			},
			// It has nothing more.
			onHeartbeat: () => done.abort(),
		},
		done.signal,
	);
	return unless(
		NO_STREAM,
		consuming.then(() => ({ now, messages })),
	);
}
