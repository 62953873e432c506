/**
 * Signing in: a session on the server, whose id is in a cookie, and the middlewares that let a request through.
 */
import { randomBytes } from "node:crypto";
import { Router } from "express";
import expressSession from "express-session";

/**
 * @import { RequestHandler } from "express"
 * @import { SSEMiddleware } from "@sse-service/express"
 * @import { User } from "./types.js"
 */

/** For the show, a password is the name. A real app keeps hashes of better ones. @type {readonly User[]} */
const USERS = [
	{ name: "ada", role: "bidder" },
	{ name: "grace", role: "bidder" },
	{ name: "auctioneer", role: "auctioneer" },
];

const COOKIE = "sid";

/** Sessions in memory: a restart ends them. */
export const sessions = expressSession({
	name: COOKIE,
	secret: randomBytes(32).toString("hex"),
	resave: false,
	saveUninitialized: false,
	// Strict: no page of another site can send it along. Over HTTPS it would be `secure`, too.
	cookie: { httpOnly: true, sameSite: "strict" },
});

/** @type {RequestHandler} */
export const signedIn = (req, res, next) => {
	const { user } = req.session;
	if (user === undefined) {
		res.status(401).json({ message: "Sign in first" });
		return;
	}
	res.locals.user = user;
	next();
};

/** To be used after `signedIn`. @type {RequestHandler} */
export const auctioneerOnly = (_req, res, next) => {
	if (res.locals.user.role === "auctioneer") {
		next();
		return;
	}
	res.status(403).json({ message: "Only the auctioneer may do this" });
};

/** `/session`: who is signed in, signing in, signing out. @param {SSEMiddleware} streams */
export function sessionRouter(streams) {
	const router = Router();

	router.get("/", (req, res) => {
		res.json({ user: req.session.user ?? null });
	});

	router.post("/", (req, res, next) => {
		const { name, password } = req.body ?? {};
		const user = USERS.find((each) => each.name === name && password === name);
		if (user === undefined) {
			res.status(401).json({ message: "Wrong name or password" });
			return;
		}
		// A new id, so that one who knew the id before is not signed in with it.
		req.session.regenerate((error) => {
			if (error) return next(error);
			req.session.user = user;
			res.json({ user });
		});
	});

	router.delete("/", signedIn, (req, res, next) => {
		const session = req.sessionID;
		req.session.destroy((error) => {
			if (error) return next(error);
			res.clearCookie(COOKIE).status(204).end();
			// A stream was let in once, when it was opened. Those of other sessions of the user stay open.
			streams.service.disconnect({ group: session }, "signed out");
		});
	});

	return router;
}
