// A stream by hand in Nest: a handler that is given Express's response.

import { keep } from "./kept.js";
import { createNestServer } from "./nest-app.js";
import { openStream } from "./open-stream.js";

export { wire } from "./bare-http.js";

/**
 * @param {import("./index.js").Settings} settings
 * @param {import("@nestjs/common").ModuleMetadata["imports"]} imports
 * @returns {Promise<import("./index.js").Running>}
 */
export async function create({ onConnection }, imports = []) {
	const { Get, Res } = await import("@nestjs/common");
	class EventsController {
		/** @param {import("node:http").ServerResponse} res */
		events(res) {
			openStream(res, ": open\n");
			keep(res);
			onConnection();
		}
	}
	return {
		server: await createNestServer(imports, EventsController, (prototype, name, method) => {
			Get("/")(prototype, name, method);
			Res()(prototype, name, 0);
		}),
	};
}
