/**
 * The guard: who may see anything, and which requests may change anything. Refused requests receive no byte of the page.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type {
	IncomingHttpHeaders,
	IncomingMessage,
	OutgoingHttpHeaders,
	ServerResponse,
} from "node:http";
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
/** Those by which a proxy or a CDN says that it is one, or whom it asks for. */
const FORWARDED =
	/^(?:forwarded|via|x-forwarded-.+|x-(?:real|client)-ip|(?:cf-connecting|true-client|fly-client)-ip)$/;

export class Guard {
	/** Of this inspector, in the whole deployment. */
	readonly id = randomBytes(9).toString("base64url");
	/** Only a page of the same origin can read it, and only scripts of one can send it in a header. Its beginning is the id. */
	readonly token = `${this.id}.${randomBytes(18).toString("base64url")}`;
	/** Sent to other processes in place of the token. */
	readonly tokenHash = hashOf(this.token);
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
		// It compares what the browser asked for, whatever host a proxy writes into the request.
		if (site !== undefined) return site === "same-origin" || site === "none";
		if (origin === undefined) return true;
		try {
			return new URL(origin).host === hostOf(headers);
		} catch {
			return false;
		}
	}

	/**
	 * Whether a request may change something: only a script of the page can have sent it.
	 *
	 * @param hashOfPeer the hash of the token that the process with this id gives to its pages, if it is known
	 */
	async mayChange(
		req: IncomingMessage,
		hashOfPeer: (id: string) => Promise<string | undefined>,
	): Promise<boolean> {
		if (!/^application\/json\b/i.test(req.headers["content-type"] ?? "")) return false;
		if (!this.isFromHere(req)) return false;
		const given = String(req.headers["x-sse-inspector"] ?? "");
		const [id = ""] = given.split(".");
		const hash = id === this.id ? this.tokenHash : await hashOfPeer(id);
		return hash !== undefined && isEqual(hashOf(given), hash);
	}
}

/** Answers without a body. */
export function refuse(
	res: ServerResponse,
	status: number,
	headers: OutgoingHttpHeaders = {},
): void {
	res.writeHead(status, { ...HEADERS, ...headers, "Content-Length": 0 }).end();
}

function hashOf(token: string): string {
	return createHash("sha256").update(token).digest("base64url");
}

function isEqual(one: string, other: string): boolean {
	const [a, b] = [Buffer.from(one), Buffer.from(other)];
	return a.length === b.length && timingSafeEqual(a, b);
}

/** HTTP/2 has `:authority` in its place, and browsers send no `host` with it (RFC 9113, section 8.3.1). */
function hostOf(headers: IncomingHttpHeaders): string | undefined {
	return (headers[":authority"] as string | undefined) ?? headers.host;
}

function isLocal({ socket, headers, httpVersion, httpVersionMajor }: IncomingMessage): boolean {
	const { remoteAddress = "", localAddress = "" } = socket;
	return (
		// Of one hop (RFC 9110, section 7.6.1): browsers send it, nginx takes it away or writes another one, and by default names this
		// process as the host and adds no header. HTTP/2 has none. No browser sends HTTP/1.0, as nginx did before 1.29.7.
		httpVersion !== "1.0" &&
		(httpVersionMajor > 1 || /^keep-alive$/i.test(headers.connection ?? "")) &&
		LOOPBACK.test(remoteAddress) &&
		LOOPBACK.test(localAddress) &&
		LOCAL_HOST.test(hostOf(headers) ?? "") &&
		!Object.keys(headers).some((name) => FORWARDED.test(name))
	);
}
