/**
 * The keys of one log. Redis Cluster keeps together what has the same text in braces.
 */

export interface LogKeys {
	/** A hash: format, epoch, and where the log ends. */
	readonly head: string;
	/** The stream: the events. */
	readonly log: string;
	/** Those that every script over the log is given, in this order. */
	readonly all: readonly string[];
	/** A hash, what is posted by name, and a sorted set, the names by when their posts end. */
	readonly allPosts: readonly [posts: string, ends: string];
	/** The newest events of a group, a hash by key, and the order of these keys, a sorted set. */
	ofGroup(group: string): readonly [latest: string, order: string];
}

export function keysOf(prefix: string): LogKeys {
	const key = (name: string): string => `{${prefix}}:${name}`;
	const head = key("head");
	const log = key("log");
	return {
		head,
		log,
		all: [head, log, key("known"), key("known-before"), key("writers")],
		allPosts: [key("posts"), key("post-ends")],
		ofGroup: (group) => {
			const name = encodeName(group);
			return [key(`latest:${name}`), key(`order:${name}`)];
		},
	};
}

/** Names are the application's: two that differ only in a lone surrogate, which has no UTF-8, must not become one. */
export function encodeName(name: string): string {
	return JSON.stringify(name).slice(1, -1);
}

export function decodeName(name: string): string {
	return JSON.parse(`"${name}"`);
}
