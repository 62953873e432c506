// This library over Redis Streams, by node-redis.

import { redisEventLog } from "@sse-service/redis";
import { createClient } from "redis";
import { createMember } from "./sse-service.js";

/** @param {string} url */
export async function create(url) {
	const client = createClient({ url });
	await client.connect();
	return createMember({ eventLog: redisEventLog({ client }) });
}
