// This library over NATS JetStream.

import { connect } from "@nats-io/transport-node";
import { natsEventLog } from "@sse-service/nats";
import { createMember } from "./sse-service.js";

/** @param {string} url */
export async function create(url) {
	const connection = await connect({ servers: url });
	return createMember({ eventLog: natsEventLog({ connection }) });
}
