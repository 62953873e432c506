// Nest's own `@Sse()`: one Subject that every client's Observable follows.

import { encodeBlock } from "../event.js";
import { createNestServer } from "./nest-app.js";

/** @type {import("./index.js").Wire} */
export const wire = { opening: "\n", block: (event) => encodeBlock(event, ": ") };

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const [{ Sse }, { Observable, Subject }] = await Promise.all([
		import("@nestjs/common"),
		import("rxjs"),
	]);
	/** @type {import("rxjs").Subject<import("@nestjs/common").MessageEvent>} */
	const events = new Subject();
	class EventsController {
		/** @returns {import("rxjs").Observable<import("@nestjs/common").MessageEvent>} */
		events() {
			return new Observable((subscriber) => {
				const subscription = events.subscribe(subscriber);
				onConnection();
				return subscription;
			});
		}
	}
	return {
		server: await createNestServer([], EventsController, Sse("/")),
		toAll: ({ data, event, id }) => events.next({ data, type: event, id }),
	};
}
