/**
 * Follows the log: delivers every message after a sequence, each proven to be the next one.
 */
import type { Position, Stored } from "sse-service/engine";
import { consume } from "./consume.js";
import { decodeEntry, toStored } from "./entry.js";
import type { JetStream } from "./jetstream.js";
import type { LogStream } from "./log-stream.js";

export interface Follower {
	readonly after: number;
	take(stored: readonly Stored[]): void;
	/** Called for each processed message. */
	onTaken(position: Position): void;
	/** The server's clock, in ISO 8601. */
	onClock(now: string): void;
}

/** As `follow` of an engine. */
export async function follow(
	jetStream: JetStream,
	stream: LogStream,
	{ after, take, onTaken, onClock }: Follower,
	signal: AbortSignal,
): Promise<void> {
	const { epoch, subjects } = await stream.current();
	const { name } = stream;
	let at = after;
	const consuming = {
		stream: name,
		config: {
			deliver_policy: "by_start_sequence",
			opt_start_seq: after + 1,
			// It cannot be created where another log has taken the stream's place.
			filter_subject: subjects.all,
		},
		// If the sequence does not exist, JetStream silently waits for it or begins at another one, so it is checked here.
		onCreated: async ({ created }) => {
			onClock(created);
			const { log, state } = await stream.look();
			if (log.epoch !== epoch) throw new Error(`The log in the stream ${name} has been recreated`);
			if (state.last_seq < after) throw lost(name, state.last_seq + 1);
			if (state.first_seq > after + 1) throw lost(name, after + 1);
		},
		onAccepted: () => take([]),
		take: (delivery) => {
			if (delivery.sequence !== at + 1) throw lost(name, at + 1);
			const stored = toStored(decodeEntry(delivery));
			at = stored.sequence;
			take([stored]);
			onTaken({ epoch, sequence: at, tag: stored.tag });
		},
		onHeartbeat: (sequence) => {
			if (sequence > at) throw lost(name, at + 1);
		},
	} satisfies Parameters<typeof consume>[1];
	await consume(jetStream, consuming, signal);
}

function lost(name: string, sequence: number): Error {
	return new Error(`The stream ${name} lost its messages from sequence ${sequence} on`);
}
