/**
 * The keys of one log. Redis Cluster stores keys with the same text in braces together.
 */

export interface LogKeys {
	/** A hash: format, epoch, and the end of the log. */
	readonly head: string;
	/** The stream: the events. */
	readonly log: string;
	/** The keys that every script on the log receives, in this order. */
	readonly all: readonly string[];
	/** A hash of posts by name, and a sorted set of the names by expiry time. */
	readonly allPosts: readonly [posts: string, ends: string];
	/** The newest events of a group: a hash by key, and a sorted set with the order of these keys. */
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

/** Encodes a name of the application. Two names that differ only in a lone surrogate, which UTF-8 cannot encode, stay different. */
export function encodeName(name: string): string {
	return JSON.stringify(name).slice(1, -1);
}

export function decodeName(name: string): string {
	return JSON.parse(`"${name}"`);
}
