/**
 * Appends: publishes each text as a message of its own, without waiting for the previous one. JetStream answers with its
 * sequence.
 */
import type { StoredAt, Storing } from "sse-service/engine";
import { decodeEntry, encodeEntry } from "./entry.js";
import { type JetStream, read } from "./jetstream.js";
import type { Log, LogStream } from "./log-stream.js";
import type { Answer, Outgoing } from "./requests.js";
import { hash } from "./subjects.js";

// If no stream accepts a message, nothing is stored, so publishing it again is safe.
const ATTEMPTS = 4;

/** JetStream's answer to a published message. */
interface PubAck {
	readonly seq: number;
	/** True if the message id was known. The sequence is then that of the first message. */
	readonly duplicate?: boolean;
}

/** As `append` of an engine. `onLog`: receives the log before anything is sent */
export async function append(
	jetStream: JetStream,
	stream: LogStream,
	entries: readonly Storing[],
	onLog: (log: Log) => void,
): Promise<readonly (StoredAt | Error)[]> {
	const bodies = entries.map(encodeEntry);
	let log = await stream.current();
	let answers: readonly Answer[];
	for (let left = ATTEMPTS; ; ) {
		onLog(log);
		const { subjects } = log;
		const messages = entries.map(
			({ latest, idempotencyKey }, index): Outgoing => ({
				subject: latest === undefined ? subjects.event : subjects.state(latest.group, latest.key),
				payload: bodies[index],
				// The server remembers each id for the idempotency window, so only messages with a key get one.
				headers: idempotencyKey === undefined ? undefined : { "Nats-Msg-Id": hash(idempotencyKey) },
			}),
		);
		answers = await jetStream.requests.sendAll(messages);
		if (--left === 0 || !answers.every((answer) => answer === undefined)) break;
		log = await stream.renewed(log);
	}
	const acks = answers.map(readAck);
	const originals = await readOriginals(jetStream, stream, log, acks);
	return acks.map((ack, index) => {
		if (ack instanceof Error) return ack;
		const { seq: sequence, duplicate = false } = ack;
		const { epoch } = log;
		const { tag = "", ownId } = entries[index] ?? {};
		if (!duplicate) return { epoch, sequence, tag, ownId, isNew: true };
		const original = originals.get(sequence);
		if (original instanceof Error) return original;
		return { epoch, sequence, ...(original ?? GONE), isNew: false };
	});
}

interface Original {
	readonly tag: string;
	readonly ownId?: string | undefined;
}

// The key is known but the log no longer has the event. A client with this tag could not resume there anyway.
const GONE: Original = { tag: "0" };

function readAck(answer: Answer): PubAck | Error {
	if (answer instanceof Error) return answer;
	if (answer === undefined) return new Error("No stream stores what is appended");
	try {
		return read<PubAck>(answer);
	} catch (error) {
		return error as Error;
	}
}

/** What was stored when the ids of duplicates were new, by sequence. */
async function readOriginals(
	jetStream: JetStream,
	stream: LogStream,
	{ subjects }: Log,
	acks: readonly (PubAck | Error)[],
): Promise<ReadonlyMap<number, Original | Error>> {
	const sequences = acks.flatMap((ack) =>
		!(ack instanceof Error) && ack.duplicate === true ? [ack.seq] : [],
	);
	const queries = sequences.map((seq) => ({ seq }));
	const found = await jetStream.messages(stream.name, queries).catch((error: Error) => error);
	const originals = new Map<number, Original | Error>();
	for (const [index, sequence] of sequences.entries()) {
		const kept = found instanceof Error ? undefined : found[index];
		if (found instanceof Error) originals.set(sequence, found);
		else if (kept !== undefined && subjects.has(kept.subject)) {
			const { tag, more } = decodeEntry(kept);
			originals.set(sequence, { tag, ownId: more.ownId });
		}
	}
	return originals;
}
