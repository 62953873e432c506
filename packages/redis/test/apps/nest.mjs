import "reflect-metadata";
import { Controller, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { SseModule, SseStream } from "@sse-service/nest";
import { sendSSEToAll } from "sse-service";
import { options, serve } from "./event-log.mjs";

// Decorators are functions, and are called as such.
class EventsController {
	events() {}
}
const { prototype } = EventsController;
const method = Object.getOwnPropertyDescriptor(prototype, "events");
SseStream("events")(prototype, "events", method);
Object.defineProperty(prototype, "events", method);
Controller()(EventsController);

class AppModule {}
Module({ imports: [SseModule.forRoot(options)], controllers: [EventsController] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
await app.listen(0, "127.0.0.1");
serve(app.getHttpServer().address().port, sendSSEToAll);
