// Nest's own `@Sse()`, on Express: one Subject that every client's Observable follows. Decorators are functions, and
// are called as such.

import "reflect-metadata";
import { encodeBlock } from "../event.js";

/** @type {import("./index.js").Wire} */
export const wire = { opening: "\n", block: (event) => encodeBlock(event, ": ") };

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const [{ Controller, Module, Sse }, { NestFactory }, { Observable, Subject }] = await Promise.all(
		[import("@nestjs/common"), import("@nestjs/core"), import("rxjs")],
	);
	/** @type {import("rxjs").Subject<import("@nestjs/common").MessageEvent>} */
	const events = new Subject();

	class EventsController {
		/** @returns {import("rxjs").Observable<import("@nestjs/common").MessageEvent>} */
		all() {
			return new Observable((subscriber) => {
				const subscription = events.subscribe(subscriber);
				onConnection();
				return subscription;
			});
		}
	}
	const { prototype } = EventsController;
	const all = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(prototype, "all"));
	Sse("/")(prototype, "all", all);
	Controller()(EventsController);

	class AppModule {}
	Module({ controllers: [EventsController] })(AppModule);

	const app = await NestFactory.create(AppModule, { logger: false });
	await app.init();
	return {
		server: app.getHttpServer(),
		toAll: ({ data, event, id }) => events.next({ data, type: event, id }),
	};
}
