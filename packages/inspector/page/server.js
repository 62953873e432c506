// What the page asks of the server besides its stream. Behind a balancer, any process may answer.
import { $ } from "./dom.js";

/** Of the process that has the page's stream. */
let here;
let token = "";
let isShared = false;

export function setServer(hello) {
	here = hello.here;
	token = hello.token;
	isShared = hello.isShared;
}

/** Asks for data. @returns `undefined` if there is no answer */
export async function get(what, params = {}) {
	const query = new URLSearchParams(params);
	if (here !== undefined) query.set("page", here);
	const answer = await fetch(`${what}?${query}`).catch(() => undefined);
	if (!answer?.ok) return undefined;
	const process = answer.headers.get("x-sse-inspector");
	if (here !== undefined && process !== here && !isShared)
		$("where").textContent =
			"Several processes answer at this address, and share no event log: what is shown here is mixed. Open the page at the address of one process.";
	return answer.json().catch(() => undefined);
}

/** Asks for a change. @returns how many it reached; rejects with the words of a refusal */
export async function change(what, body) {
	const headers = { "Content-Type": "application/json", "X-SSE-Inspector": token };
	const answer = await fetch(what, { method: "POST", headers, body: JSON.stringify(body) });
	const found = await answer.json().catch(() => ({}));
	if (!answer.ok) throw new Error(found.error ?? `Refused (${answer.status})`);
	return found.reached;
}
