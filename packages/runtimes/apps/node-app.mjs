/**
 * The program where the framework shows Node's response: with a service that writes to it directly.
 */
import { createSSEService } from "sse-service";
import { handle as handleWith } from "./app.mjs";

export { closeAtSignal } from "./app.mjs";

const bodies = new WeakSet();
let reads = 0;

// What the layer reads of a stream: nothing more, once it is written directly.
const { getReader } = ReadableStream.prototype;
ReadableStream.prototype.getReader = function (...mode) {
	const reader = Reflect.apply(getReader, this, mode);
	if (!bodies.has(this)) return reader;
	const { read } = reader;
	reader.read = (...args) => {
		reads++;
		return Reflect.apply(read, reader, args);
	};
	return reader;
};

/** @param {Request} request @param {object} outgoing Node's response */
export async function handle(request, outgoing) {
	const { pathname } = new URL(request.url);
	if (pathname === "/reads") return Response.json(reads);
	const response = await handleWith(request, outgoing, createSSEService);
	if (pathname === "/events" && response.ok && response.body) bodies.add(response.body);
	return response;
}
