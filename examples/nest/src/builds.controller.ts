/**
 * The builds: to run one again, and the log of each as a stream of its own.
 */
import {
	ConflictException,
	Controller,
	NotFoundException,
	Param,
	ParseIntPipe,
	Post,
	Req,
} from "@nestjs/common";
import { SseStream } from "@sse-service/nest";
import type { Request } from "express";
import { BuildsService } from "./builds.service.js";
import { LOGS } from "./events.js";

@Controller("builds")
export class BuildsController {
	constructor(private readonly builds: BuildsService) {}

	/** All lines so far, those that come, and an end. It is nobody's client: nothing else is sent there. */
	@SseStream(":id/log", {
		service: LOGS,
		params: () => ({ groups: [] }),
		toEvent: (item: object) => ({ event: "text" in item ? "line" : "end", data: item }),
	})
	log(@Param("id", ParseIntPipe) id: number, @Req() { user }: Request) {
		const log = this.builds.logFor(user, id);
		if (log === undefined) throw new NotFoundException("You have no such build");
		return log;
	}

	@Post(":id/runs")
	runAgain(@Param("id", ParseIntPipe) id: number, @Req() { user }: Request) {
		const build = this.builds.runAgainFor(user, id);
		if (build === "unknown") throw new NotFoundException("You have no such build");
		if (build === "busy") throw new ConflictException("Three builds run already");
		return build;
	}
}
