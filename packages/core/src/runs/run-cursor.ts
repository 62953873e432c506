/**
 * A run's cursor: the `id` of its events, `<attempt>.<sequence>`. Clients send it back as `Last-Event-ID`: untrusted input.
 */
export interface RunCursor {
	readonly attempt: string;
	/** The sequence of the event that was received last; 0 before the first. */
	readonly sequence: number;
}

// An attempt is ten characters of nanoid's alphabet. A store may use its own form, of at most 40 characters.
const FORM = /^([\w-]{1,40})\.(0|[1-9]\d{0,14})$/;

/** The id of an event on the wire. */
export function encodeRunCursor({ attempt, sequence }: RunCursor): string {
	return `${attempt}.${sequence}`;
}

/** @returns `undefined` if it is not a cursor */
export function parseRunCursor(id: string): RunCursor | undefined {
	const [, attempt, sequence] = FORM.exec(id) ?? [];
	return attempt === undefined ? undefined : { attempt, sequence: Number(sequence) };
}
