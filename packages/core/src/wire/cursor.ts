/**
 * A cursor: a position in the event log, as the `id` of an event. The browser keeps the last one it was sent and
 * gives it back when it reconnects, so any process can tell what was missed, and whether it still can.
 */

/** One place in one event log. */
export interface Position {
	/** Changes whenever the log was lost or recreated. */
	readonly epoch: string;
	/** How many events the log had then: 0 is before the first. No number is left out. */
	readonly sequence: number;
	/**
	 * A short mark of the event itself. A log that lost what it had acknowledged may give a number twice: only
	 * the mark then tells one event from the other.
	 */
	readonly tag: string;
}

// A letter in front, because some clients make a number of what looks like one. What follows `;` is the
// application's own id, whatever it spells.
const FORM =
	/^v1\.([\w-]{1,21})\.(0|[1-9a-z][0-9a-z]{0,10})\.([\w-]{1,12})(~?)(?:\^([1-9a-z][0-9a-z]{0,10})\.([\w-]{1,12}))?(?:;|$)/;

/** Of an id that is made before the position of its connection is known, and is completed when it is written. */
export const UNPLACED: Position = { epoch: "-", sequence: 0, tag: "-" };

/** Whether one position is behind another one of the same log. */
export function isBehind(one: Position, other: Position): boolean {
	return one.epoch === other.epoch && one.sequence < other.sequence;
}

/** What an id says. */
export interface Cursor {
	readonly position: Position;
	/** The client had not been given all of the newest state of its groups when it was sent this id. */
	readonly isPartial: boolean;
	/** Up to `position` its client was given everything only if the log still has this later position: see {@link encodeCursor}. */
	readonly reliesOn?: Position | undefined;
}

/**
 * The id of an event: `v1.<epoch>.<sequence>.<tag>`, then `;` and the application's own id, if it gave the event one.
 *
 * @param state `"partial"`: the newest state of the connection's groups is still to follow
 * @param reliesOn a later position, written as `^<sequence>.<tag>`: an event was left out because one up to there replaces it.
 * A log that loses that one owes the client the first
 */
export function encodeCursor(
	{ epoch, sequence, tag }: Position,
	ownId?: string,
	state?: "partial",
	reliesOn?: Position,
): string {
	const mark = state === undefined ? "" : "~";
	const relied = reliesOn && `^${reliesOn.sequence.toString(36)}.${reliesOn.tag}`;
	const own = ownId === undefined ? "" : `;${ownId}`;
	return `v1.${epoch}.${sequence.toString(36)}.${tag}${mark}${relied ?? ""}${own}`;
}

/** The application's own id in one that a client was sent: what stands behind the cursor, or all of it where there is none. */
export function ownIdOf(id: string | undefined): string | undefined {
	const end = id === undefined ? undefined : FORM.exec(id)?.[0].length;
	// An empty one is none.
	return id?.slice(end ?? 0) || undefined;
}

/** Untrusted input, read strictly. @returns `undefined` when it is no cursor */
export function parseCursor(id: string): Cursor | undefined {
	const [, epoch, digits, tag, mark, reliedDigits, reliedTag] = FORM.exec(id) ?? [];
	const position = readPosition(epoch, digits, tag);
	if (position === undefined) return undefined;
	const reliesOn = readPosition(epoch, reliedDigits, reliedTag);
	if (reliedDigits !== undefined && reliesOn === undefined) return undefined;
	return { position, isPartial: mark === "~", reliesOn };
}

function readPosition(
	epoch: string | undefined,
	digits: string | undefined,
	tag: string | undefined,
): Position | undefined {
	if (epoch === undefined || digits === undefined || tag === undefined) return undefined;
	const sequence = Number.parseInt(digits, 36);
	return Number.isSafeInteger(sequence) ? { epoch, sequence, tag } : undefined;
}
