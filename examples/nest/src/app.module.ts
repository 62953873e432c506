/**
 * The app: two services of event streams, one by which events find their clients, one for the logs.
 */
import { Module } from "@nestjs/common";
import { APP_GUARD } from "@nestjs/core";
import { SseModule } from "@sse-service/nest";
import { createSSEService } from "sse-service";
import { BuildsController } from "./builds.controller.js";
import { BuildsService } from "./builds.service.js";
import { EventsController } from "./events.controller.js";
import { LOGS } from "./events.js";
import { SessionController } from "./session.controller.js";
import { SessionGuard } from "./session.guard.js";

@Module({
	imports: [
		SseModule.forRoot({ retryMs: 1_000, maxConnectionsPerClient: 50 }),
		SseModule.forRoot({ name: LOGS, service: createSSEService({ retryMs: 1_000 }) }),
	],
	controllers: [SessionController, EventsController, BuildsController],
	providers: [BuildsService, { provide: APP_GUARD, useClass: SessionGuard }],
})
export class AppModule {}
