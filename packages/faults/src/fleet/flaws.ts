/**
 * Flaws: logs, and an application, that are wrong on purpose. The checker must find each.
 */
import type { EventLog } from "sse-service/engine";

/**
 * - `forgetful`: skips an event now and then.
 * - `repeating`: delivers an event twice.
 * - `silent`: does not report that it lost events it had delivered.
 * - `suspicious`: claims that events it has are lost.
 * - `deaf`: ignores `join` and `leave` of other processes.
 * - `outdated`: carries out commands on streams that are past them.
 * - `undone`: lets an older command of another process undo a later command of its own.
 * - `stateless`: has no newest events for clients that join a group.
 * - `absent`: its process does not report who is connected to it.
 * - `unrecovered`: the application's `recover` returns nothing.
 */
export type Flaw =
	| "forgetful"
	| "repeating"
	| "silent"
	| "suspicious"
	| "deaf"
	| "outdated"
	| "undone"
	| "stateless"
	| "absent"
	| "unrecovered";

type LogHost = Parameters<EventLog["open"]>[0];
type Deliver = LogHost["deliver"];

const ONE_IN = 5;

/** Gives a log a flaw. */
export function makeFlawed(log: EventLog, flaw: Flaw): void {
	let count = 0;
	const isNow = (): boolean => ++count % ONE_IN === 0;
	const hosted = (change: (host: LogHost) => Partial<LogHost>): void => {
		const open = log.open.bind(log);
		log.open = (host) => open({ ...host, ...change(host) });
	};
	/** Events of this process are delivered by the function passed to `append`, those of others by the host. */
	const delivered = (change: (deliver: Deliver) => Deliver): void => {
		const append = log.append.bind(log);
		log.append = (entry, deliver) => append(entry, deliver && change(deliver));
		hosted(({ deliver }) => ({ deliver: change(deliver) }));
	};
	if (flaw === "forgetful") {
		delivered((deliver) => (record) => void (isNow() || deliver(record)));
	} else if (flaw === "repeating") {
		delivered((deliver) => (record) => {
			deliver(record);
			if (isNow()) deliver(record);
		});
	} else if (flaw === "silent") {
		hosted(() => ({ onBreak: () => {} }));
	} else if (flaw === "deaf") {
		// It still reports who is connected. Otherwise the list would be wrong, instead of what its clients receive.
		hosted(({ obey }) => ({
			obey: (command, ...others) => {
				if (command.do === "present") obey(command, ...others);
			},
		}));
	} else if (flaw === "outdated") {
		hosted(({ obey }) => ({
			obey: (command, at, ...others) => obey(command, { ...at, sequence: Infinity }, ...others),
		}));
	} else if (flaw === "undone") {
		const own = new WeakSet<object>();
		const tell = log.shared?.tell;
		if (log.shared !== undefined && tell !== undefined) {
			log.shared.tell = (command) => {
				own.add(command);
				return tell(command);
			};
		}
		hosted(({ obey }) => ({
			obey: (command, ...others) => void (own.has(command) || obey(command, ...others)),
		}));
	} else if (flaw === "suspicious") {
		const readAfter = log.readAfter.bind(log);
		log.readAfter = (...asked) => (isNow() ? "diverged" : readAfter(...asked));
	} else if (flaw === "absent") {
		if (log.shared !== undefined) log.shared.post = async () => {};
	} else if (flaw === "stateless") {
		log.readLatest = () => [];
	}
}
