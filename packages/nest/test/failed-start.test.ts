/**
 * An app that fails to start, and the next one in the same process, as in tests.
 */
import "reflect-metadata";
import {
	Inject,
	Injectable,
	Module,
	type ModuleMetadata,
	type OnModuleInit,
	type Type,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { createSSEService } from "sse-service";
import { expect, it, onTestFinished } from "vitest";
import { SseModule, type SseModuleOptions, SseService } from "../src/index.js";

@Injectable()
class Failing implements OnModuleInit {
	onModuleInit(): void {
		throw new Error("it cannot be initialised");
	}
}

@Injectable()
class Unmakeable {
	constructor() {
		throw new Error("it cannot be made");
	}
}

@Injectable()
class Sending {
	constructor(@Inject(SseService) readonly sse: SseService) {}
}

function create(options: SseModuleOptions, providers: Type[] = []) {
	@Module({ imports: [SseModule.forRoot(options)], providers })
	class App {}
	return NestFactory.create(App, { logger: false, abortOnError: false });
}

it("an app that fails to initialise gives the default service back when it is closed", async () => {
	const failed = await create({ history: true }, [Failing]);
	await expect(failed.init()).rejects.toThrow("it cannot be initialised");
	const other = { history: false };
	await expect(create(other)).rejects.toMatchObject({ code: "ERR_SSE_ALREADY_CONFIGURED" });
	await failed.close();
	const app = await create(other);
	await app.init();
	expect(app.get(SseService).health().ready).toBe(true);
	await app.close();
});

it("an app that cannot be created costs no app with a service of its own", async () => {
	await expect(create({ history: true }, [Unmakeable])).rejects.toThrow("it cannot be made");
	const service = createSSEService({ history: false });
	onTestFinished(() => service.close());
	const app = await create({ service });
	await app.init();
	expect(app.get(SseService).service).toBe(service);
	await app.close();
});

it.each<[name: string, parts: ModuleMetadata, says: string]>([
	[
		"that does not import the module gets an error that names SseService",
		{ providers: [Sending] },
		"SseService",
	],
	[
		"that imports the module without forRoot() gets an error that names forRoot()",
		{ imports: [SseModule] },
		"Symbol(SseModule.forRoot())",
	],
])("an app %s", async (_name, parts, says) => {
	@Module(parts)
	class App {}
	const created = NestFactory.create(App, { logger: false, abortOnError: false });
	await expect(created).rejects.toThrow(`the argument ${says} at index [0]`);
});
