/**
 * Requests that nobody sends by mistake: people copy the programs of READMEs, and none of these may end one.
 */
import { once } from "node:events";
import net from "node:net";
import { settled } from "./waiting.js";

const LONG = "x".repeat(300);

const TARGETS = [
	"/",
	"//",
	"///events",
	"/%",
	"/%E0%A4%A",
	"/__proto__",
	"/?",
	"/?question=",
	"http://other.example/events",
	"http://[/events",
	"/events/",
	`/events/${LONG}`,
	"/events?user=",
	`/events?user=${LONG}`,
	"/events?user=%E0%A4%A",
	"/events?user=a&user=b",
	"/events?user[]=a&lastEventId=%00",
	"/say",
	"/say?to=&text=a",
	`/say?to=${LONG}&text=a`,
	"/jobs/%",
	"/jobs/__proto__",
	"/users/%E0%A4%A",
	`/users/${LONG}`,
];

function get(target: string, ...headers: string[]): string {
	return [`GET ${target} HTTP/1.1`, "Host: a", ...headers, "", ""].join("\r\n");
}

function post(target: string, body: string, type = "application/json"): string {
	const headers = ["Host: a", `Content-Type: ${type}`, `Content-Length: ${body.length}`];
	return [`POST ${target} HTTP/1.1`, ...headers, "", body].join("\r\n");
}

const POSTS = ["/", "/events", "/news", "/users/a", "/jobs", "/runs", "/chat", "/answers"];

const REQUESTS: readonly string[] = [
	...TARGETS.map((target) => get(target)),
	get("/events", `Last-Event-ID: ${LONG.repeat(10)}`),
	get("/events", "Last-Event-ID: 1.\u00ff.-1"),
	get("/events", "Connection: close"),
	// Behind an open stream, where theirs cannot begin.
	...["/", "/events", "/?question=a"].map((target) => get(target).repeat(3)),
	...POSTS.flatMap((target) => ["", "{", "null", "1"].map((body) => post(target, body))),
	post("/news", '{"__proto__":1}'),
	post("/news", "a=1", "text/plain"),
	"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
	"HEAD /events HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /events HTTP/1.0\r\n\r\n",
	"DELETE /events HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET  HTTP/9\r\n\r\n",
];

/** Send each of them to a server. @returns those that got no answer */
export async function sendHostileRequests(url: string): Promise<string[]> {
	const port = Number(new URL(url).port);
	const unanswered: string[] = [];
	for (const request of REQUESTS) {
		if (!(await isAnswered(port, request))) unanswered.push(request);
	}
	return unanswered;
}

/** Whether a server says something to a request. One that it closes the connection of gets no answer. */
async function isAnswered(port: number, request: string): Promise<boolean> {
	const socket = net.connect(port, "127.0.0.1").on("error", () => {});
	try {
		socket.write(request, "latin1");
		const answered = once(socket, "data").then(() => true);
		const closed = once(socket, "close").then(() => false);
		return await settled(
			Promise.race([answered, closed]),
			`an answer to ${JSON.stringify(request.slice(0, 80))}`,
		);
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
}

/** A request whose last line is sent after the server has been asked to end. */
export async function beginRequest(url: string, target: string): Promise<{ finish(): void }> {
	const socket = net.connect(Number(new URL(url).port), "127.0.0.1").on("error", () => {});
	await once(socket, "connect");
	socket.resume().write(`GET ${target} HTTP/1.1\r\nHost: a\r\n`);
	return { finish: () => socket.end("\r\n") };
}
