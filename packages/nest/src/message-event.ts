/**
 * The events of Nest's own `@Sse`, for handlers that were written for it.
 */
import type { MessageEvent } from "@nestjs/common";
import type { SSEMessage } from "sse-service";

/**
 * For `toEvent`: an item is a `MessageEvent` of Nest, or the data itself. Nest's `comment` is not sent, because connections
 * have a heartbeat.
 */
export function fromMessageEvent(
	item: MessageEvent | string | number | boolean | null,
): SSEMessage {
	if (typeof item !== "object" || item === null) return { data: item };
	const { data, type, id, retry } = item;
	return { data, event: type, id, retry };
}
