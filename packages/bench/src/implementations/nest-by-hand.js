// A stream by hand in Nest: a handler that is given Express's response.

import { createNestServer } from "./nest-app.js";
import { openStream } from "./open-stream.js";

export { wire } from "./bare-http.js";

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const { Get, Res } = await import("@nestjs/common");
	class EventsController {
		/** @param {import("node:http").ServerResponse} res */
		events(res) {
			openStream(res, ": open\n");
			onConnection();
		}
	}
	return {
		server: await createNestServer([], EventsController, (prototype, name, method) => {
			Get("/")(prototype, name, method);
			Res()(prototype, name, 0);
		}),
	};
}
