/**
 * The lifetimes of a service's connections: each ends before its authorization expires, or when it reaches the service's
 * maximum age, whichever comes first. A connection without either takes no memory here.
 */
import { MAX_TIME } from "../checks/time.js";

/** What a lifetime ends. */
interface Mortal {
	/** Does nothing if already closed. */
	close(reason: "expired" | "age"): unknown;
}

// Lets the last bytes and the client's next request leave while the token is still valid.
const MARGIN_MS = 1_000;
const MARGIN_SHARE = 0.1;
// The random share of the age. Connections that opened together must not end together.
const AGE_SPREAD = 0.2;

export class Lifetimes<T extends Mortal> {
	readonly #maxAgeMs: number;
	readonly #timers = new Map<T, ReturnType<typeof setTimeout>>();

	/** @param maxAgeMs 0: no maximum age */
	constructor(maxAgeMs: number) {
		this.#maxAgeMs = maxAgeMs;
	}

	/** Ends the connection in time. */
	add(connection: T, expiresAt = Infinity): void {
		if (expiresAt === Infinity && this.#maxAgeMs === 0) return;
		const now = Date.now();
		const expiry = expiresAt - Math.min(MARGIN_MS, (expiresAt - now) * MARGIN_SHARE);
		const ageMs = this.#maxAgeMs * (1 - AGE_SPREAD * Math.random()) || Infinity;
		this.#wait(connection, expiry, performance.now() + ageMs);
	}

	/** Call when the connection has ended, whatever the cause. */
	delete(connection: T): void {
		const timer = this.#timers.get(connection);
		if (timer === undefined) return;
		clearTimeout(timer);
		this.#timers.delete(connection);
	}

	/**
	 * Waits again if the time has not come: it was beyond a timer's limit, or the clock was set back.
	 *
	 * @param expiry in milliseconds since 1970
	 * @param oldAt when it reaches its age, by `performance.now()`: setting the clock does not make it older or younger
	 */
	#wait(connection: T, expiry: number, oldAt: number): void {
		const untilExpiry = expiry - Date.now();
		const untilOld = oldAt - performance.now();
		const left = Math.min(untilExpiry, untilOld);
		if (left <= 0) {
			connection.close(untilExpiry <= untilOld ? "expired" : "age");
			return;
		}
		const again = (): void => this.#wait(connection, expiry, oldAt);
		this.#timers.set(connection, setTimeout(again, Math.min(Math.ceil(left), MAX_TIME)).unref());
	}
}
