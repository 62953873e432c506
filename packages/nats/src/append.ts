/**
 * Appending: each text is published as a message of its own, without waiting for the one before, and JetStream answers
 * where it is.
 */
import type { StoredAt, Storing } from "sse-service/engine";
import { decodeEntry, encodeEntry } from "./entry.js";
import { type JetStream, read } from "./jetstream.js";
import type { Log, LogStream } from "./log-stream.js";
import type { Answer, Outgoing } from "./requests.js";
import { hash } from "./subjects.js";

// Where nobody takes what is published, nothing is stored, so it can be published again.
const ATTEMPTS = 4;

/** What JetStream answers to a message. */
interface PubAck {
	readonly seq: number;
	/** Its id was known: that is where it was stored then. */
	readonly duplicate?: boolean;
}

/** As `append` of an engine. `onLog`: told, before anything is sent, to which log */
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
				// The server remembers each id for as long as a key is to be known: only those who need one have one.
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

// Its key is known, and the log has it no more: a client that has this tag from it cannot resume there in any case.
const GONE: Original = { tag: "0" };

function readAck(answer: Answer): PubAck | Error {
	if (answer instanceof Error) return answer;
	if (answer === undefined) return new Error("No stream takes what is appended");
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
