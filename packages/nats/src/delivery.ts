/**
 * A delivery: a message as a consumer sends it. Its reply subject says where the stream keeps it.
 */
import type { NatsMessage } from "./client.js";
import type { Kept } from "./jetstream.js";

export interface Delivery extends Kept {
	/** The consumer's own number of the message, from 1 without holes. */
	readonly number: number;
	/** The number of messages pending after it. */
	readonly pending: number;
}

export function toDelivery({ subject, data, reply = "" }: NatsMessage): Delivery {
	// $JS.ACK.<stream>.<consumer>.…, or with domain and account: $JS.ACK.<domain>.<account>.<stream>.<consumer>.…
	const tokens = reply.split(".");
	const first = tokens.length > 9 ? 7 : 5;
	const [sequence, number, at, pending] = tokens.slice(first);
	return {
		sequence: Number(sequence),
		subject,
		// In nanoseconds, which are more than a number holds exactly.
		at: Number(at?.slice(0, -6)),
		payload: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
		number: Number(number),
		pending: Number(pending),
	};
}
