/**
 * A log that is wrong on purpose: now and then it does not deliver an event. The checker must find it.
 */
import type { EventLog } from "sse-service/engine";

const ONE_IN = 20;

/** Makes this log one. */
export function makeForgetful(log: EventLog): void {
	const open = log.open.bind(log);
	let count = 0;
	log.open = (host) =>
		open({
			...host,
			deliver: (...event) => {
				if (++count % ONE_IN !== 0) host.deliver(...event);
			},
		});
}
