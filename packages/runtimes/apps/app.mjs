/**
 * What every program here serves: a service, and a handler that knows only the Fetch API.
 */
import { createSSEService, isSSEError, respond } from "sse-service/fetch";

const reasons = [];
let service;

// Made by the first request: Workers allow no random numbers and no timers before.
function serviceOf() {
	service ??= createSSEService({
		history: true,
		heartbeatIntervalMs: 1_000,
		maxConnectionsPerClient: 1,
		onDisconnect: ({ reason }) => reasons.push(reason),
	});
	return service;
}

export async function handle(request) {
	const sse = serviceOf();
	const { pathname, searchParams } = new URL(request.url);
	switch (pathname) {
		case "/stats":
			return Response.json({ connections: sse.stats().connections, reasons });
		case "/say":
			return Response.json(sse.send("all", searchParams.get("text")));
		case "/fill":
			return Response.json(sse.send("all", "x".repeat(Number(searchParams.get("bytes")))));
		case "/close":
			await sse.close();
			return Response.json("closed");
		case "/events":
			return open(request, searchParams.get("user") ?? undefined);
		default:
			return new Response("not found", { status: 404 });
	}
}

function open(request, clientId) {
	const headers = [
		["Set-Cookie", "a=1"],
		["Set-Cookie", "b=2"],
	];
	try {
		return respond(request, { service: serviceOf(), clientId, headers }).response;
	} catch (error) {
		if (isSSEError(error)) return error.toResponse();
		throw error;
	}
}
