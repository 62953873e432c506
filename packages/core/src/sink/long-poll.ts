/**
 * Long-polling: how a request asks for the next events instead of a stream, where a proxy or an antivirus program holds streams
 * back until they end.
 */

const LONG_POLL = /[?&]live=poll(?:[&#]|$)/;

/** Whether the query of a URL has `live=poll`. */
export function isLongPoll(url: string | undefined): boolean {
	return url !== undefined && LONG_POLL.test(url);
}
