/**
 * What was sent, before its outcome is known.
 */
import type { Target } from "./target.js";

export interface Sent {
	readonly target: Target;
	readonly at: number;
	/** Of the events with this key to this target only the newest has to be replayed. */
	readonly key?: string | undefined;
	/** The application's own id. */
	readonly ownId?: string | undefined;
	/** After this many milliseconds, it need not be replayed. */
	readonly ttlMs?: number | undefined;
}

/** The name of a key together with its target: the same key to other targets is another one. */
export function keyNameOf({ target, key }: Sent): string | undefined {
	return key === undefined ? undefined : `${JSON.stringify(target)} ${key}`;
}
