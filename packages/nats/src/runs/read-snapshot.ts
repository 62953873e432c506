/** Reads the snapshot of a run, which may be spread over several messages. */
import type { RunSnapshot } from "sse-service/runs";
import { BodyReader, type RunRecord } from "./run-record.js";
import type { RunStream } from "./run-stream.js";

/** @param record the record that completes the snapshot */
export async function readSnapshot(
	stream: RunStream,
	id: string,
	record: RunRecord,
): Promise<RunSnapshot | undefined> {
	const subject = stream.subjects.run(id);
	const bodies = new BodyReader();
	for (let next = record.since; next < record.sequence; ) {
		const part = await stream.next(subject, next);
		if (part === undefined || part.sequence >= record.sequence) break;
		bodies.take(part);
		next = part.sequence + 1;
	}
	return bodies.snapshot(record);
}
