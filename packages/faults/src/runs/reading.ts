/**
 * What one reader of a run received, over all of its connections. Types only: nothing here runs.
 */

/** An event; `end` says which end it is. */
export interface ReceivedEntry {
	readonly kind: "entry";
	readonly attempt: string;
	readonly sequence: number;
	/** Which producer wrote it, if that took the run over; of an end, which one wrote the event before. */
	readonly mark?: string | undefined;
	readonly data: string;
	readonly end?: "done" | "failed" | "cancelled" | undefined;
}

interface ReceivedGap {
	readonly kind: "gap";
	readonly reason: string;
}

/** The answer 204: there is nothing more. */
interface ReceivedNothing {
	readonly kind: "nothing";
}

export type RunItem = ReceivedEntry | ReceivedGap | ReceivedNothing;

export interface Reading {
	readonly reader: string;
	readonly id: string;
	/** The position that the reader started with: that of another reader's event. */
	readonly from?: Pick<ReceivedEntry, "attempt" | "sequence" | "mark"> | undefined;
	readonly items: readonly RunItem[];
}

/** An answer to a call that starts a run. */
export interface Claim {
	readonly id: string;
	readonly attempt: string;
	readonly isOwn: boolean;
}

/** What happened to the runs that are checked together. */
export interface Deeds {
	readonly claims: readonly Claim[];
	/** Ids of runs that somebody asked to cancel. */
	readonly cancelled: ReadonlySet<string>;
	/** Runs whose cancellation was confirmed to the caller. */
	readonly confirmed: ReadonlySet<string>;
	/** A fault, or starvation by the machine, may have cost a producer its lease. */
	readonly isDisturbed: boolean;
	/** The engine may have lost what it had acknowledged. */
	readonly isLossy: boolean;
	/** A process handed its runs over. */
	readonly isHandedOver: boolean;
}

export const RULES = [
	"order",
	"content",
	"producers",
	"claim",
	"end",
	"lost",
	"cancel",
	"gap",
	"agreement",
	"branch",
	"nothing",
	"hang",
] as const;

export interface RunViolation {
	readonly rule: (typeof RULES)[number];
	readonly id: string;
	readonly reader: string;
	readonly what: string;
}
