// This library behind @hono/node-server, past the body of the `Response`.

import { overResponses } from "./fetch-streams.js";

export { wire } from "./sse-service.js";

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export const create = (settings) => overResponses(settings, ({ outgoing }) => outgoing);
