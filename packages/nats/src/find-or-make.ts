/**
 * Finds a stream, or creates it if it is missing. While a server deletes a stream, it reports the stream as missing, and also
 * deletes the files of a stream created at that moment, which the next restart then loses. So this asks twice, with a pause.
 */
import { pause } from "sse-service/engine";
import type { JetStream } from "./jetstream.js";
import type { StreamConfig, StreamInfo } from "./jetstream-api.js";

const PAUSE_MS = 100;

/** The pause for a stream that existed a moment ago and may be large. */
export const DELETION_MS = 500;

// Another process may create or remove the stream between two requests.
const ATTEMPTS = 5;

/** @param config of a new stream; an existing one may have another */
export async function findOrMake(
	jetStream: JetStream,
	config: StreamConfig,
	pauseMs = PAUSE_MS,
): Promise<StreamInfo> {
	const { name } = config;
	for (let left = ATTEMPTS; left > 0; left--) {
		const info =
			(await jetStream.stream(name)) ??
			(await pause(pauseMs).then(() => jetStream.stream(name))) ??
			(await jetStream.createStream(config));
		if (info !== undefined) return info;
	}
	throw new Error(`The stream ${name} keeps being deleted`);
}
