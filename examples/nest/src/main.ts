/**
 * The process: the builds, and on another port, which is another origin, the lamp that shows how they went.
 */
import "reflect-metadata";
import { fileURLToPath } from "node:url";
import type { Type } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import cookieParser from "cookie-parser";
import { clientModules, sharedPage } from "example-shared";
import { AppModule } from "./app.module.js";
import { LampController, LampModule } from "./lamp.module.js";
import { secret } from "./users.js";

const { HOST: host = "127.0.0.1", PORT = "3000", LAMP_PORT } = process.env;
const port = Number(PORT);

/** An app that serves the page in a folder. It listens in `listen`. */
async function createApp(module: Type, page: string) {
	const app = await NestFactory.create<NestExpressApplication>(module, {
		logger: ["error", "warn"],
		// Browsers keep sockets for later, which would keep the app. The streams have ended before that.
		forceCloseConnections: true,
	});
	app.useStaticAssets(fileURLToPath(new URL(`../${page}/`, import.meta.url)));
	app.useStaticAssets(sharedPage, { prefix: "/shared/" });
	app.useStaticAssets(clientModules, { prefix: "/client/" });
	return app;
}

const lamp = await createApp(LampModule, "lamp");
await lamp.listen(LAMP_PORT === undefined ? port && port + 1 : Number(LAMP_PORT), host);
const lampUrl = await lamp.getUrl();

const builds = await createApp(AppModule, "page");
builds.use(cookieParser(secret));
builds.enableCors({
	origin: lampUrl,
	credentials: true,
	exposedHeaders: ["SSE-Heartbeat", "Retry-After"],
});
await builds.listen(port, host);
const buildsUrl = await builds.getUrl();
lamp.get(LampController).buildsUrl = buildsUrl;
console.log(`Builds: ${buildsUrl}`);
console.log(`The lamp, another origin: ${lampUrl}`);

// With one app, `app.enableShutdownHooks()` is all.
for (const signal of ["SIGINT", "SIGTERM"]) {
	process.once(signal, async () => {
		await Promise.all([builds.close(), lamp.close()]);
	});
}
