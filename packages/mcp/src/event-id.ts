/**
 * The id of an event: `<nonce>.<sequence>.<stream>`. Clients send it back as `Last-Event-ID`: untrusted input.
 */
export interface EventPosition extends StreamPosition {
	readonly streamId: string;
}

/** A position within a stream. */
export interface StreamPosition {
	/** Random, and the same for all events of a stream: an id of another session's stream has another one. */
	readonly nonce: string;
	/** 1, 2, 3, … within the stream. */
	readonly sequence: number;
}

const FORM = /^([\w-]{1,40})\.(0|[1-9]\d{0,14})\.(.{1,768})$/;

export function encodeEventId({ nonce, sequence, streamId }: EventPosition): string {
	// An id is a header of the next request, so it must be ASCII.
	return `${nonce}.${sequence}.${encodeURIComponent(streamId)}`;
}

/** @returns `undefined` if it is not an id of this package */
export function parseEventId(id: string): EventPosition | undefined {
	const [, nonce, sequence, stream] = FORM.exec(id) ?? [];
	if (nonce === undefined || stream === undefined) return undefined;
	try {
		return { nonce, sequence: Number(sequence), streamId: decodeURIComponent(stream) };
	} catch {
		return undefined;
	}
}
