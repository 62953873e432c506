/**
 * The stream of each tab, and what everyone receives on it.
 */
import { BadRequestException, Body, Controller, Post, Req } from "@nestjs/common";
import { SseService, SseStream } from "@sse-service/nest";
import type { Request } from "express";
import { concat, defer, NEVER, of } from "rxjs";
import { BuildsService } from "./builds.service.js";
import { type Events, type Notice, OPS } from "./events.js";
import { OpsOnly } from "./session.guard.js";

const MAX_TEXT_LENGTH = 200;

@Controller()
export class EventsController {
	/** The last one, for later connections. */
	private notice: Notice | null = null;

	constructor(
		private readonly sse: SseService<Events>,
		private readonly builds: BuildsService,
	) {}

	/** A first event; what follows is sent by others. */
	@SseStream("events", {
		params: ({ user }: Request) => ({
			clientId: user.name,
			groups: user.role === "ops" ? [OPS] : [],
		}),
		toEvent: (data) => ({ event: "welcome", data }),
	})
	events(@Req() { user }: Request) {
		const welcome = defer(() =>
			of({ user, builds: this.builds.listFor(user), notice: this.notice }),
		);
		return concat(welcome, NEVER);
	}

	@Post("notices")
	@OpsOnly()
	tell(@Body("text") text: unknown) {
		if (typeof text !== "string" || text === "" || text.length > MAX_TEXT_LENGTH) {
			throw new BadRequestException(`A text of 1 to ${MAX_TEXT_LENGTH} characters is needed`);
		}
		this.notice = { text, at: Date.now() };
		return { reached: this.sse.send("all", this.notice, { event: "notice" }) };
	}
}
