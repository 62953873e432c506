// What is used of a package that has no types.
declare module "sse-channel" {
	import type { IncomingMessage, ServerResponse } from "node:http";

	// biome-ignore lint/style/noDefaultExport: what Node makes of a CommonJS module.
	export default class SseChannel {
		constructor(options: { readonly jsonEncode: boolean; readonly pingInterval: number });
		addClient(req: IncomingMessage, res: ServerResponse): void;
		send(
			message: { readonly event: string; readonly id: string; readonly data: object },
			clients?: readonly ServerResponse[],
		): void;
	}
}
