// `respond` behind @hono/node-server.

/**
 * @param {import("./index.js").Settings} settings
 * @param {(env: { readonly outgoing: import("node:http").ServerResponse }) => import("node:http").ServerResponse | false} outgoingOf
 * @returns {Promise<import("./index.js").Running>}
 */
export async function overResponses({ heartbeats, onConnection }, outgoingOf) {
	const { getRequestListener } = await import("@hono/node-server");
	const { createSSEService } = await import("sse-service");
	const { respond } = await import("sse-service/fetch");
	const service = createSSEService(heartbeats ? {} : { heartbeatIntervalMs: 0 });
	const listener = getRequestListener((request, env) => {
		const outgoing = outgoingOf(/** @type {Parameters<typeof outgoingOf>[0]} */ (env));
		const { response } = respond(request, { service, outgoing });
		onConnection();
		return response;
	});
	return {
		connect: (req, res) => void listener(req, res),
		toAll: ({ data, event, id }) => void service.send("all", data, { event, id }),
	};
}
