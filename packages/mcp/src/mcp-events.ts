/**
 * The events of MCP sessions, kept so that a client whose connection breaks gets what it missed, from any process.
 */
import { SSEError, within } from "sse-service/engine";
import { type McpEventsOptions, resolveOptions } from "./options.js";
import { Session, type SessionEvents, type SessionHost } from "./session-events.js";
import { StoreCalls } from "./store-calls.js";

export interface McpEvents {
	/**
	 * The event store of one session: the option `eventStore` of its transport. Ids of one session are refused in every other.
	 *
	 * @param id the session's id, or what else tells whose streams these are: at most 1,024 characters
	 * @throws `ERR_SSE_INVALID_CLIENT_ID`
	 */
	session(id: string): SessionEvents;

	/**
	 * Finishes all streams of this process and closes the store. What other processes can read stays for `ttlMs`. A replay that its
	 * transport does not take has five seconds.
	 */
	close(): Promise<void>;
}

const MAX_ID_LENGTH = 1_024;
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * Creates the event stores of an MCP server's sessions.
 *
 * @throws `ERR_SSE_INVALID_OPTION`
 */
export function createMcpEvents(options: McpEventsOptions = {}): McpEvents {
	const { store, ttlMs, leaseMs, maxStreams, onError, ...limits } = resolveOptions(options);
	const open = new Set<SessionEvents>();
	let reported: unknown;
	const host: SessionHost = {
		store,
		calls: new StoreCalls(),
		// A stream consists of up to two runs.
		rules: { ttlMs, leaseMs, maxRuns: 2 * maxStreams },
		limits,
		open,
		onError: (error) => {
			// Messages during an outage fail with one error.
			if (error === reported) return;
			reported = error;
			onError(error);
		},
	};
	return {
		session: (id) => {
			if (typeof id !== "string" || id.length === 0 || id.length > MAX_ID_LENGTH) {
				const rule = `A session's id must be a string of 1 to ${MAX_ID_LENGTH} characters`;
				throw new SSEError("ERR_SSE_INVALID_CLIENT_ID", rule);
			}
			return new Session(id, host);
		},
		close: async () => {
			const finished = Promise.all([...open].map((session) => session.close()));
			await within(CLOSE_TIMEOUT_MS, finished, "The end of the sessions").catch(host.onError);
			await store.close();
		},
	};
}
