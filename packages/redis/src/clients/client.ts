/**
 * Redis as the log uses it, whichever client library the application has.
 */

export interface RedisCalls {
	/**
	 * Send a command to the server that has a key, to where it is written.
	 *
	 * @returns its reply as strings, numbers, `null` and arrays
	 */
	call(args: readonly string[], key: string): Promise<unknown>;
}

/** The application's client. It is never closed here. */
export interface RedisClient extends RedisCalls {
	/** It is of a cluster: only it knows, whenever that changes, which server has a key. */
	readonly isCluster?: boolean;
	/** Open a connection of our own to the server that has a key, with the settings of the application's. */
	connect(key: string): Promise<RedisConnection>;
}

/** A connection of our own. It is not mended when it breaks: what it was waiting for rejects then. */
export interface RedisConnection extends RedisCalls {
	/** End it at once: what it was waiting for rejects. */
	destroy(): void;
}
