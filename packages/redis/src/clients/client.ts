/**
 * The interface to Redis that the log uses, whichever client library the application has.
 */

export interface RedisCalls {
	/**
	 * Sends a command to the master that has a key.
	 *
	 * @returns its reply as strings, numbers, `null` and arrays
	 */
	call(args: readonly string[], key: string): Promise<unknown>;
}

/** The application's client. The log never closes it. */
export interface RedisClient extends RedisCalls {
	/** Whether it is a cluster's client. Only that knows which server has a key, whenever this changes. */
	readonly isCluster?: boolean;
	/**
	 * Opens an own connection to the server that has a key, with the settings of the application's client.
	 *
	 * @param signal gives up a connection that is still opening
	 */
	connect(key: string, signal: AbortSignal): Promise<RedisConnection>;
}

/** The log's own connection. It does not reconnect: when it breaks, pending commands reject. */
export interface RedisConnection extends RedisCalls {
	/** Closes it at once: pending commands reject. */
	destroy(): void;
}

/**
 * Waits for an own connection, and destroys it if it does not open.
 *
 * @param giveUp called if the signal aborts before
 */
export async function opened(
	opening: Promise<unknown>,
	connection: RedisConnection,
	signal: AbortSignal,
	giveUp: () => unknown = () => connection.destroy(),
): Promise<RedisConnection> {
	signal.addEventListener("abort", giveUp);
	if (signal.aborted) giveUp();
	try {
		await opening;
		return connection;
	} catch (error) {
		connection.destroy();
		throw error;
	} finally {
		signal.removeEventListener("abort", giveUp);
	}
}
