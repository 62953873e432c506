/**
 * A run's cursor: the `id` of its events, `<attempt>.<sequence>`, and of its end, `<attempt>.<sequence>.end`. Behind the attempt, events
 * of a producer that has taken the run over have `~<mark>`. Clients send it back as `Last-Event-ID`: untrusted input.
 */
export interface RunCursor {
	readonly attempt: string;
	/** The sequence of the event that was received last; 0 before the first. */
	readonly sequence: number;
	/**
	 * Whether that event was the run's end. In a failover a store can lose an end that it has acknowledged, and the run continues:
	 * then another event has this sequence. Default false.
	 */
	readonly isEnd?: boolean | undefined;
	/**
	 * The mark of the event, or of the one before the end: if a store loses a hand-over and what followed it, another event gets this
	 * sequence. Empty: a client's protocol has no place for it, and the event there is taken for the one that it received. Default: the
	 * event is of the first producer.
	 */
	readonly mark?: string | undefined;
}

// An attempt is ten characters of nanoid's alphabet. A store may use its own form, of at most 40 characters.
const FORM = /^([\w-]{1,40})(?:~([\w-]{0,20}))?\.(0|[1-9]\d{0,14})(\.end)?$/;

/** The id of an event on the wire. */
export function encodeRunCursor({ attempt, sequence, isEnd, mark }: RunCursor): string {
	const producer = mark === undefined ? attempt : `${attempt}~${mark}`;
	return `${producer}.${sequence}${isEnd === true ? ".end" : ""}`;
}

/** @returns `undefined` if it is not a cursor */
export function parseRunCursor(id: string): RunCursor | undefined {
	const [, attempt, mark, sequence, end] = FORM.exec(id) ?? [];
	if (attempt === undefined) return undefined;
	return { attempt, sequence: Number(sequence), isEnd: end !== undefined, mark };
}
