/**
 * Signing in: a JSON web token in a cookie, and the hooks that let a request through.
 */
import { randomBytes } from "node:crypto";
import cookie from "@fastify/cookie";
import jwt from "@fastify/jwt";
import fastifyPlugin from "fastify-plugin";

/**
 * @import { FastifyInstance } from "fastify"
 * @import { User } from "./types.js"
 */

/** For the show, a password is the name. A real app keeps hashes of better ones. @type {readonly User[]} */
const USERS = [
	{ name: "ada", role: "customer" },
	{ name: "grace", role: "customer" },
	{ name: "desk", role: "desk" },
];

const COOKIE = "token";
const credentials = {
	type: "object",
	required: ["name", "password"],
	properties: { name: { type: "string" }, password: { type: "string" } },
};

/** @param {FastifyInstance} app */
async function plugin(app) {
	app.register(cookie);
	app.register(jwt, {
		// Made at each start, after which everyone signs in again.
		secret: randomBytes(32).toString("hex"),
		cookie: { cookieName: COOKIE, signed: false },
		sign: { expiresIn: "8h" },
	});

	app.decorate("signedIn", async (request) => {
		await request.jwtVerify({ onlyCookie: true });
	});

	app.decorate("deskOnly", async (request, reply) => {
		if (request.user.role !== "desk") {
			return reply.code(403).send({ message: "Only the desk may do this" });
		}
	});

	app.get("/session", async (request) => {
		const user = await request.jwtVerify({ onlyCookie: true }).catch(() => null);
		return { user };
	});

	app.post("/session", { schema: { body: credentials } }, async (request, reply) => {
		const { name, password } = /** @type {Record<string, string>} */ (request.body);
		const user = USERS.find((each) => each.name === name && password === name);
		if (user === undefined) {
			return reply.code(401).send({ message: "Wrong name or password" });
		}
		// Strict: no page of another site can send it along. Over HTTPS it would be `secure`, too.
		reply.setCookie(COOKIE, await reply.jwtSign(user), {
			path: "/",
			httpOnly: true,
			sameSite: "strict",
		});
		return { user };
	});

	app.delete("/session", { onRequest: app.signedIn }, async (request, reply) => {
		reply.clearCookie(COOKIE, { path: "/" }).code(204);
		// A stream was let in once, when it was opened. Each tab opens it again, and those without the cookie are refused.
		app.sse.disconnect({ client: request.user.name }, "signed out");
	});
}

export const session = fastifyPlugin(plugin, { name: "session" });
