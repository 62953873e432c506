/**
 * Reads a page of a stream: the messages of one subject from a sequence on, up to a limit. The server sends nothing beyond it.
 */
import { type Delivery, toDelivery } from "./delivery.js";
import type { JetStream } from "./jetstream.js";

// The time limit of each message: a slow link brings large ones one after the other.
const TIMEOUT_MS = 5_000;

/** @throws when the connection breaks, or the messages do not arrive in time */
export async function pull(
	jetStream: JetStream,
	stream: string,
	from: { readonly subject: string; readonly sequence: number },
	limit: number,
): Promise<readonly Delivery[]> {
	const { requests } = jetStream;
	const { name, num_pending } = await jetStream.createPullConsumer(stream, {
		deliver_policy: "by_start_sequence",
		opt_start_seq: from.sequence,
		filter_subject: from.subject,
	});
	const batch = Math.min(limit, num_pending);
	const deliveries: Delivery[] = [];
	const inbox = requests.newInbox();
	let stop = (): void => {};
	const received = new Promise<void>((resolve, reject) => {
		const expire = (): void =>
			reject(new Error(`NATS sent no message of the stream ${stream} for ${TIMEOUT_MS} ms`));
		const timer = setTimeout(expire, TIMEOUT_MS).unref();
		const unsubscribe = requests.subscribe(
			inbox,
			(message) => {
				// A message with a code carries nothing: the page is complete.
				if (message.headers?.code) return resolve();
				deliveries.push(toDelivery(message));
				if (deliveries.length >= batch) resolve();
				timer.refresh();
			},
			reject,
		);
		const unlisten = requests.connectivity.listen({ onDown: reject });
		stop = () => {
			clearTimeout(timer);
			unsubscribe();
			unlisten();
		};
	});
	try {
		if (batch === 0) return deliveries;
		jetStream.requestNext(stream, name, inbox, batch);
		await received;
		if (deliveries.some(({ number }, index) => number !== index + 1)) {
			throw new Error(`Messages of the stream ${stream} were lost on their way`);
		}
		return deliveries;
	} finally {
		stop();
		jetStream.deleteConsumer(stream, name);
	}
}
