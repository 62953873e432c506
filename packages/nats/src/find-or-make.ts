/**
 * Finding a stream, or making it when it is missing. While a server deletes a stream it says that it has none, and deletes
 * the files of one that is made at that moment, too; the next restart then loses it. So it is asked twice, with a pause.
 */
import { pause } from "sse-service/engine";
import type { JetStream } from "./jetstream.js";
import type { StreamConfig, StreamInfo } from "./jetstream-api.js";

const PAUSE_MS = 100;

/** For one that was there a moment ago, and may be large. */
export const DELETION_MS = 500;

// Another process may make the stream, or remove it, between two questions.
const ATTEMPTS = 5;

/** @param config of the stream that is made; what is there may have another */
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
	throw new Error(`The stream ${name} comes and goes`);
}
