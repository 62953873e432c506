/**
 * The guard: who may see anything, and which requests may change anything. Whoever is refused receives no byte of the page.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { ResolvedOptions } from "./options.js";

/** Scripts and styles come from the page's own address only, and only pages of its origin, which could script it anyway, may frame it. */
export const HEADERS: Readonly<Record<string, string>> = {
	"Cache-Control": "no-store",
	"Content-Security-Policy":
		"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
	"Cross-Origin-Opener-Policy": "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Referrer-Policy": "no-referrer",
	"X-Content-Type-Options": "nosniff",
	"X-Frame-Options": "SAMEORIGIN",
};

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
/** A page elsewhere can have its name lead to this machine, but its requests carry that name. */
const LOCAL_HOST = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i;
const FORWARDED = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

export class Guard {
	/** Only a page of the same origin can read it, and only scripts of one can send it in a header. */
	readonly token = randomBytes(18).toString("base64url");
	readonly #options: Pick<ResolvedOptions, "authorize" | "loopbackOnly">;

	constructor(options: Pick<ResolvedOptions, "authorize" | "loopbackOnly">) {
		this.#options = options;
	}

	/** Whether a request may see the page. If not, it has been answered. */
	async admits(req: IncomingMessage, res: ServerResponse): Promise<boolean> {
		const { authorize, loopbackOnly } = this.#options;
		let isAdmitted = !loopbackOnly || isLocal(req);
		if (isAdmitted && authorize !== undefined) {
			try {
				isAdmitted = (await authorize(req, res)) === true;
			} catch {
				isAdmitted = false;
			}
		}
		if (isAdmitted && !res.headersSent && !res.writableEnded) return true;
		if (!res.headersSent) refuse(res, 403);
		return false;
	}

	/** Whether a request comes from the page itself, as browsers say it. Links to the page come from anywhere. */
	isFromHere({ headers }: IncomingMessage): boolean {
		const { origin } = headers;
		const site = headers["sec-fetch-site"];
		if (site !== undefined && site !== "same-origin" && site !== "none") return false;
		if (origin === undefined) return true;
		try {
			return new URL(origin).host === hostOf(headers);
		} catch {
			return false;
		}
	}

	/** Whether a request may change something: only a script of the page can have sent it. */
	mayChange(req: IncomingMessage): boolean {
		const given = Buffer.from(String(req.headers["x-sse-inspector"] ?? ""));
		const token = Buffer.from(this.token);
		const isOurs = given.length === token.length && timingSafeEqual(given, token);
		const isJSON = /^application\/json\b/i.test(req.headers["content-type"] ?? "");
		return isOurs && isJSON && this.isFromHere(req);
	}
}

/** Answers without a body. */
export function refuse(res: ServerResponse, status: number): void {
	res.writeHead(status, { ...HEADERS, "Content-Length": 0 }).end();
}

/** HTTP/2 has `:authority` in its place, and browsers send no `host` with it (RFC 9113, section 8.3.1). */
function hostOf(headers: IncomingHttpHeaders): string | undefined {
	return (headers[":authority"] as string | undefined) ?? headers.host;
}

function isLocal({ socket, headers }: IncomingMessage): boolean {
	const { remoteAddress = "", localAddress = "" } = socket;
	return (
		LOOPBACK.test(remoteAddress) &&
		LOOPBACK.test(localAddress) &&
		LOCAL_HOST.test(hostOf(headers) ?? "") &&
		!FORWARDED.some((name) => name in headers)
	);
}
