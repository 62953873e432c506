/**
 * Arrivals: each text of an engine's log is proven to be the next one, added to the local copy, and delivered as an event or
 * a command.
 */
import type { LogHost } from "../event-log/event-log.js";
import type { LocalCopy } from "./local-copy.js";
import type { Stored } from "./log-engine.js";
import { readArrival } from "./log-format.js";
import type { ArrivedCommand, LogWriter } from "./log-writer.js";

/** The state of a process that follows a log. */
export interface Following {
	readonly copy: LocalCopy;
	readonly writer: LogWriter;
	readonly host: LogHost;
}

/** Delivers a text. @returns false, without delivering, if the text does not follow the one before */
export function deliverArrival(stored: Stored, { copy, writer, host }: Following): boolean {
	const { position } = copy;
	const { sequence, tag, previousTag = position.tag } = stored;
	if (sequence !== position.sequence + 1 || previousTag !== position.tag) return false;
	const at = { epoch: position.epoch, sequence, tag };
	const arrival = readArrival(stored, at);
	const { writer: from = "", record, isLatest, command, keeping } = arrival ?? {};
	const deliver = writer.take(from, stored) ?? host.deliver;
	copy.add(at, record);
	try {
		if (record !== undefined) {
			deliver(record);
			if (!isLatest) writer.onPlain(from, record.target, host);
		} else if (command !== undefined) {
			obey({ writer: from, stored, position: at, command }, writer, host);
		} else if (keeping !== undefined && from !== writer.id) writer.hear(keeping, host);
	} catch (error) {
		host.onError(error);
	} finally {
		copy.onDelivered();
	}
	return true;
}

/** Carries out a command that has arrived, and again those of this process that the log has behind it. */
export function obey(arrived: ArrivedCommand, writer: LogWriter, host: LogHost): void {
	for (const { command, overruledBy } of writer.ordersFor(arrived)) {
		host.obey(command, arrived.position, overruledBy);
	}
}
