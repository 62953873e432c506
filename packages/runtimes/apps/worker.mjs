import { handle } from "./app.mjs";

// A Worker may not touch the streams of other requests. A Durable Object may: the service lives in one.
export class Streams {
	fetch(request) {
		return handle(request);
	}
}

// biome-ignore lint/style/noDefaultExport: what workerd calls.
export default {
	fetch: (request, env) => env.STREAMS.get(env.STREAMS.idFromName("all")).fetch(request),
};
