/**
 * A cursor: a position in the event log, as the `id` of an event. The browser keeps the last id and sends it back when it
 * reconnects, so any process can tell what the client missed and whether that is still kept.
 */

/** One place in one event log. */
export interface Position {
	/** Changes whenever the log was lost or recreated. */
	readonly epoch: string;
	/** The number of events in the log up to here: 0 is before the first. No number is skipped. */
	readonly sequence: number;
	/**
	 * A short mark of the event itself. A log that lost acknowledged events can use a sequence again; only the tag then tells
	 * the two events apart.
	 */
	readonly tag: string;
}

// Starts with a letter, because some clients convert an id that looks like a number. Everything after `;` is the
// application's own id, whatever it contains.
const FORM =
	/^v1\.([\w-]{1,21})\.(0|[1-9a-z][0-9a-z]{0,10})\.([\w-]{1,12})(~?)(?:\^([1-9a-z][0-9a-z]{0,10})\.([\w-]{1,12}))?(?:;|$)/;

/** The position in an id that is encoded before its connection's position is known. Replaced when the frame is written. */
export const UNPLACED: Position = { epoch: "-", sequence: 0, tag: "-" };

/** Whether one position is behind another one of the same log. */
export function isBehind(one: Position, other: Position): boolean {
	return one.epoch === other.epoch && one.sequence < other.sequence;
}

/** The content of an id. */
export interface Cursor {
	readonly position: Position;
	/** The client had not yet received all of the newest state of its groups when it received this id. */
	readonly isPartial: boolean;
	/** The client has everything up to `position` only if the log still has this later position; see {@link encodeCursor}. */
	readonly reliesOn?: Position | undefined;
}

/**
 * Encodes the id of an event: `v1.<epoch>.<sequence>.<tag>`, then `;` and the application's own id, if it gave the event one.
 *
 * @param state `"partial"`: the newest state of the connection's groups has yet to follow
 * @param reliesOn a later position, written as `^<sequence>.<tag>`: an event was left out because a newer one up to there
 * replaces it. If the log loses the newer one, the client must receive the older one
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

/** The application's own id in an id from a client: what follows the cursor, or the whole id if it has no cursor. */
export function ownIdOf(id: string | undefined): string | undefined {
	const end = id === undefined ? undefined : FORM.exec(id)?.[0].length;
	// An empty id counts as none.
	return id?.slice(end ?? 0) || undefined;
}

/** Parses untrusted input strictly. @returns `undefined` if it is not a cursor */
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
