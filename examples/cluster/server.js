/**
 * One of the processes: its requests.
 */
import { fileURLToPath } from "node:url";
import {
	answer,
	checkMethod,
	checkString,
	Refusal,
	readJson,
	sendPageFile,
} from "example-shared/web";
import { serveAsMember, tellWish } from "example-shared/worker";
import { dashboard } from "./prometheus.js";
import { createStreams } from "./streams.js";

/**
 * @import { IncomingMessage, ServerResponse } from "node:http"
 * @import { Fleet } from "./cluster.js"
 */

/**
 * @typedef {object} Report
 * @property {number} connections
 * @property {boolean} isReady
 * @property {number} behind Events that the log has and that have not arrived here.
 * @property {string | undefined} error Why it is not ready, if that is known.
 */

const PAGE = fileURLToPath(new URL("./page/", import.meta.url));
const MAX_TEXT_LENGTH = 200;
const QUERY_TIMEOUT_MS = 5_000;
/** What the page asks of Prometheus. */
const QUESTIONS = /^\/prometheus\/(query_range|alerts)$/;
/** @type {string | undefined} */
let prometheusUrl;

const [name = "", redisUrl = ""] = process.argv.slice(2);
const streams = await createStreams(name, redisUrl);

/** @param {IncomingMessage} req @param {ServerResponse} res */
async function handle(req, res) {
	if (streams.inspect(req, res)) return;
	const [path = "/", query] = (req.url ?? "/").split("?");
	if (path === "/events") {
		checkMethod(req, "GET", "HEAD");
		streams.open({ req, res, clientId: new URLSearchParams(query).get("as") ?? undefined });
		return;
	}
	// So that the balancer chooses again for each request.
	res.setHeader("Connection", "close");
	if (path === "/numbers") {
		checkMethod(req, "POST");
		const { number } = await readJson(req);
		if (!Number.isSafeInteger(number)) throw new Refusal(400, "It must be a whole number");
		answer(res, 200, await streams.number(Number(number)));
	} else if (path === "/messages") {
		checkMethod(req, "POST");
		const body = await readJson(req);
		const id = checkString(body.id, "id", MAX_TEXT_LENGTH);
		const from = checkString(body.from, "from", MAX_TEXT_LENGTH);
		const text = checkString(body.text, "text", MAX_TEXT_LENGTH);
		answer(res, 200, await streams.message({ id, from, text, at: Date.now(), server: name }));
	} else if (path === "/metrics") {
		res.setHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
		res.end(await streams.metrics());
	} else if (path === "/dashboard.json") {
		res.writeHead(200, { "Content-Type": "application/json" }).end(await dashboard());
	} else if (QUESTIONS.test(path)) {
		await askPrometheus(res, `${QUESTIONS.exec(path)?.[1]}?${query}`);
	} else if (path === "/wishes") {
		checkMethod(req, "POST");
		tellWish(checkString((await readJson(req)).wish, "wish", MAX_TEXT_LENGTH));
		answer(res, 202, {});
	} else {
		await sendPageFile(req, res, path, PAGE);
	}
}

/** @param {ServerResponse} res @param {string} question */
async function askPrometheus(res, question) {
	if (prometheusUrl === undefined) throw new Refusal(503, "There is no Prometheus");
	const signal = AbortSignal.timeout(QUERY_TIMEOUT_MS);
	const found = await fetch(`${prometheusUrl}/api/v1/${question}`, { signal }).catch(() => {
		throw new Refusal(503, "Prometheus does not answer");
	});
	answer(res, found.status, await found.json());
}

/** @param {Fleet} fleet */
function showFleet(fleet) {
	prometheusUrl = fleet.prometheus.url;
	streams.showFleet(fleet);
}

/** @returns {Report} */
function report() {
	const { ready, log } = streams.health();
	const { connections } = streams.stats();
	return { connections, isReady: ready, behind: log?.behind ?? 0, error: log?.error };
}

await serveAsMember({
	handle,
	health: streams.health,
	report,
	onFleet: showFleet,
	close: streams.close,
});
