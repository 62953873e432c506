/**
 * What a log shows of a connection: the facts that a reader looks for, and none of the objects it works with.
 */
import type { CloseReason, SSEConnection } from "../types/connection.js";

export interface ShownConnection {
	readonly clientId: string;
	readonly groups: readonly string[];
	readonly lastEventId: string | undefined;
	readonly bufferedBytes: number;
	readonly closeReason: CloseReason | undefined;
}

export function shownOf({
	clientId,
	groups,
	lastEventId,
	bufferedBytes,
	closeReason,
}: SSEConnection): ShownConnection {
	return { clientId, groups, lastEventId, bufferedBytes, closeReason };
}
