/**
 * The keys of runs; a name is a run's id, as `encodeRunId` writes it. Redis Cluster keeps together what has the same text in braces.
 */

import { encodeName } from "../keys.js";

export interface RunKeys {
	/** Two sorted sets of ids: by when a run was started, and by when it may be forgotten. */
	readonly index: readonly [started: string, until: string];
	/** A stream: the attempts that were cancelled, and those that were released. */
	readonly control: string;
	/** A hash: the status of a run. */
	ofRun(name: string): string;
	/** A stream: the entries of an attempt. */
	ofAttempt(name: string, attempt: string): string;
	/** A stream: what a process receives of the runs that it follows. Scripts know this name, too. */
	ofInbox(name: string): string;
}

export function runKeysOf(prefix: string): RunKeys {
	const key = (name: string): string => `{${prefix}}:${name}`;
	const ofRun = (name: string): string => key(`run:${name}`);
	const control = key("runs-control");
	return {
		index: [key("runs"), key("runs-until")],
		control,
		ofRun,
		ofAttempt: (name, attempt) => `${ofRun(name)}:${attempt}`,
		ofInbox: (name) => `${control}:${name}`,
	};
}

/** Encodes an id, which `decodeName` decodes. Without a colon, no run's key is that of another run's attempt. */
export function encodeRunId(id: string): string {
	return encodeName(id).replaceAll(":", "\\u003a");
}
