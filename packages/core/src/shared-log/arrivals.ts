/**
 * Arrivals: each text of an engine's log, proven to be the next one, kept in the local copy, and delivered as what it is.
 */
import type { LogHost } from "../event-log/event-log.js";
import type { LocalCopy } from "./local-copy.js";
import type { Stored } from "./log-engine.js";
import { readArrival } from "./log-format.js";
import type { LogWriter } from "./log-writer.js";

/** What a process has of a log that it follows. */
export interface Following {
	readonly copy: LocalCopy;
	readonly writer: LogWriter;
	readonly host: LogHost;
}

/** Deliver a text. @returns false if it does not follow the one before: nothing is delivered then */
export function deliverArrival(stored: Stored, { copy, writer, host }: Following): boolean {
	const { position } = copy;
	const { sequence, tag, ownTag = tag, previousTag = position.tag } = stored;
	if (sequence !== position.sequence + 1 || previousTag !== position.tag) return false;
	const arrival = readArrival(stored, position.epoch);
	const { writer: from = "", record, command } = arrival ?? {};
	const entry = writer.take(from, ownTag);
	copy.add({ epoch: position.epoch, sequence, tag }, record);
	try {
		if (record !== undefined) host.deliver(record, entry);
		else if (command !== undefined && from !== writer.id) host.obey(command);
	} catch (error) {
		host.onError(error);
	} finally {
		copy.onDelivered();
	}
	return true;
}
