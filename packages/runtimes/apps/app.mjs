/**
 * What every program here serves: a service, and a handler that knows only the Fetch API.
 */
import { createSSEService, isSSEError, respond } from "sse-service/fetch";

const reasons = [];
let service;
/** Handlers that wait, and how many have gone on. */
const waiting = [];
let resumed = 0;

// Made by the first request: Workers allow no random numbers and no timers before.
function serviceOf(create) {
	service ??= create({
		history: true,
		heartbeatIntervalMs: 1_000,
		maxConnectionsPerClient: 1,
		onDisconnect: ({ reason }) => reasons.push(reason),
	});
	return service;
}

/**
 * @param {Request} request
 * @param {object} [outgoing] Node's response, where the framework shows it
 * @param {typeof createSSEService} [create] of `sse-service`, for direct writes
 */
export async function handle(request, outgoing, create = createSSEService) {
	const sse = serviceOf(create);
	const { pathname, searchParams } = new URL(request.url);
	switch (pathname) {
		case "/stats":
			return Response.json({
				connections: sse.stats().connections,
				opened: sse.stats().connectionsOpened,
				waiting: waiting.length,
				resumed,
				reasons,
			});
		case "/say":
			return Response.json(sse.send("all", searchParams.get("text")));
		case "/fill":
			return Response.json(sse.send("all", "x".repeat(Number(searchParams.get("bytes")))));
		case "/close":
			await sse.close();
			return Response.json("closed");
		case "/resume":
			for (const resume of waiting.splice(0)) resume();
			return Response.json("resumed");
		case "/events":
			return open(request, outgoing, searchParams);
		default:
			return new Response("not found", { status: 404 });
	}
}

/** With `?await=before` or `after`, the handler waits for `/resume` before the stream is opened, or before it is returned. */
async function open(request, outgoing, params) {
	const headers = [
		["Set-Cookie", "a=1"],
		["Set-Cookie", "b=2"],
	];
	const clientId = params.get("user") ?? undefined;
	try {
		if (params.get("await") === "before") await resumption();
		const { response } = respond(request, { service, outgoing, clientId, headers });
		if (params.get("await") === "after") await resumption();
		return response;
	} catch (error) {
		if (isSSEError(error)) return error.toResponse();
		throw error;
	}
}

async function resumption() {
	await new Promise((resolve) => waiting.push(resolve));
	resumed++;
}

/** Where the process gets a signal: ends the streams, and then does what the server does not do by itself. */
export function closeAtSignal(end = () => {}) {
	process.once("SIGTERM", async () => {
		service?.send("all", "until next time");
		await service?.close();
		end();
	});
}
