/**
 * The lifetimes of a service's connections: each ends before what it was authorized by expires, or when it has reached the
 * service's age, whichever is first. Nothing is kept for one that has neither.
 */
import { MAX_TIME } from "../checks/time.js";

/** What is ended. */
interface Mortal {
	/** Does nothing when it is closed. */
	close(reason: "expired" | "age"): unknown;
}

// So that the last bytes and the client's next request are on their way while the token is still good.
const MARGIN_MS = 1_000;
const MARGIN_SHARE = 0.1;
// Of the age, so that connections which opened together do not end together.
const AGE_SPREAD = 0.2;

export class Lifetimes<T extends Mortal> {
	readonly #maxAgeMs: number;
	readonly #timers = new Map<T, ReturnType<typeof setTimeout>>();

	/** @param maxAgeMs 0: connections may grow as old as they like */
	constructor(maxAgeMs: number) {
		this.#maxAgeMs = maxAgeMs;
	}

	/** Have the connection end in time. */
	add(connection: T, expiresAt = Infinity): void {
		const now = Date.now();
		const expiry = expiresAt - Math.min(MARGIN_MS, (expiresAt - now) * MARGIN_SHARE);
		const age =
			this.#maxAgeMs === 0 ? Infinity : now + this.#maxAgeMs * (1 - AGE_SPREAD * Math.random());
		if (expiry <= age) this.#wait(connection, expiry, "expired");
		else this.#wait(connection, age, "age");
	}

	/** It has ended, by whatever cause. */
	delete(connection: T): void {
		const timer = this.#timers.get(connection);
		if (timer === undefined) return;
		clearTimeout(timer);
		this.#timers.delete(connection);
	}

	/** Once more when that was not long enough: the time is further off than a timer can wait, or the clock was set back. */
	#wait(connection: T, endsAt: number, reason: "expired" | "age"): void {
		if (endsAt === Infinity) return;
		const left = endsAt - Date.now();
		if (left <= 0) {
			connection.close(reason);
			return;
		}
		const again = (): void => this.#wait(connection, endsAt, reason);
		this.#timers.set(connection, setTimeout(again, Math.min(Math.ceil(left), MAX_TIME)).unref());
	}
}
