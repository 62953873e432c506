/**
 * Who may sign in.
 */
import { randomBytes } from "node:crypto";
import type { Request } from "express";

export interface User {
	readonly name: string;
	/** Ops sees the builds of all developers, and can tell everyone something. */
	readonly role: "developer" | "ops";
}

/** For the show, a password is the name. A real app keeps hashes of better ones. */
export const users: readonly User[] = [
	{ name: "ada", role: "developer" },
	{ name: "grace", role: "developer" },
	{ name: "ops", role: "ops" },
];

/** The name of the cookie with the user's session. */
export const COOKIE = "user";

/** By which that cookie is signed. Made at each start, after which everyone signs in again. */
export const secret = randomBytes(32).toString("hex");

/** Who has signed in on the device that a request comes from. */
export function userOf(request: Request): User | undefined {
	const name: unknown = request.signedCookies[COOKIE];
	return users.find((user) => user.name === name);
}

declare global {
	// biome-ignore lint/style/noNamespace: where Express's types let others add to a request.
	namespace Express {
		interface Request {
			/** Set by `SessionGuard`. */
			user: User;
		}
	}
}
