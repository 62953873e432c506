// An app of the package as it was built, on the platform of the first argument. Prints its URL, and ends by SIGTERM.
import "reflect-metadata";
import { Controller, Dependencies, Get, Module, Req, Res } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { SseModule, SseService, SseStream } from "@sse-service/nest";
import { interval } from "rxjs";

/** @type {(prototype: object, key: string, ...decorators: MethodDecorator[]) => void} */
function decorate(prototype, key, ...decorators) {
	const descriptor = Object.getOwnPropertyDescriptor(prototype, key) ?? {};
	for (const decorator of decorators) decorator(prototype, key, descriptor);
	Object.defineProperty(prototype, key, descriptor);
}

class Streams {
	/** @param {SseService} sse */
	constructor(sse) {
		this.sse = sse;
	}

	/** @param {import("sse-service").RequestLike} req @param {import("sse-service").ResponseLike} res */
	async connect(req, res) {
		await this.sse.connect(req, res);
	}

	stream() {}

	ticks() {
		return interval(20);
	}
}
Req()(Streams.prototype, "connect", 0);
Res()(Streams.prototype, "connect", 1);
decorate(Streams.prototype, "connect", Get("connect"));
decorate(Streams.prototype, "stream", SseStream("stream"));
decorate(Streams.prototype, "ticks", SseStream("ticks"));
Controller()(Streams);
Dependencies(SseService)(Streams);

class App {}
Module({ imports: [SseModule.forRoot()], controllers: [Streams] })(App);

const adapter =
	process.argv[2] === "platform-fastify" ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(App, adapter, { logger: ["error", "warn"] });
app.enableShutdownHooks();
await app.listen(0, "127.0.0.1");
process.stdout.write(`${await app.getUrl()}\n`);
