/**
 * What a client has received.
 */
import type { ReceivedEvent, TestStream } from "@sse-service/testing";

export function dataOf(events: readonly ReceivedEvent[]): string[] {
	return events.map(({ data }) => data);
}

/** What a client would send as its last event ID: an id counts once its block has ended, also if the block has no data. */
export function lastIdOf({ text }: TestStream): string {
	const blocks = text.split("\n\n").slice(0, -1);
	return blocks.flatMap((block) => /^id: (.*)$/m.exec(block)?.[1] ?? []).at(-1) ?? "";
}
