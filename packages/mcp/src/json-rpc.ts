/**
 * What is read of the messages that a stream keeps: JSON-RPC 2.0.
 */

/** The `id` of a request. */
export type RequestId = string | number;

export interface JsonRpcMessage {
	readonly id?: RequestId | null;
	readonly method?: string;
	readonly params?: { readonly requestId?: RequestId };
}

/** @returns the request that a message answers */
export function answersOf({ id, method }: JsonRpcMessage): RequestId | undefined {
	return method === undefined ? (id ?? undefined) : undefined;
}
