/**
 * The package as it is published: an app of Nest 12 in ES modules, and one of Nest 11 in CommonJS, which Jest tests.
 */
import { join } from "node:path";
import { describePacked } from "@sse-service/testing/packed";

const PACKAGE = join(import.meta.dirname, "..");
const PEERS = ["@nestjs/common", "@nestjs/core", "reflect-metadata", "rxjs"];

function peersIn(folder: string): Record<string, string> {
	return Object.fromEntries(
		PEERS.map((name) => [name, join(PACKAGE, folder, "node_modules", name)]),
	);
}

const app = `
import "reflect-metadata";
import { Controller, Get, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { SseModule, SseService, SseStream } from "@sse-service/nest";

@Controller()
class Streams {
	constructor(private readonly sse: SseService) {}

	@SseStream("events", { params: () => ({ clientId: "ada" }) })
	events() {
		setImmediate(() => this.sse.send({ client: "ada" }, "hello"));
	}

	@SseStream("ending")
	*ending() {
		yield "hello";
	}

	@Get("all")
	all(): string {
		return String(this.sse.send("all", "for all"));
	}
}

@Module({ imports: [SseModule.forRoot()], controllers: [Streams] })
class App {}
`;

const program = `${app}
async function main(): Promise<void> {
	const nest = await NestFactory.create(App, { logger: ["error", "warn"] });
	nest.enableShutdownHooks();
	await nest.listen(0, "127.0.0.1");
	console.log(await nest.getUrl());
}
void main();
`;

describePacked({ folder: PACKAGE, linked: peersIn("."), programs: { "main.mts": program } });

describePacked({
	folder: PACKAGE,
	linked: peersIn("test/nest-11"),
	programs: { "main.cts": program },
	jest: {
		"streams.test.ts": `${app}
declare const test: (name: string, run: () => Promise<void>) => void;
declare const expect: (value: unknown) => { toBe(expected: unknown): void };

test("a stream opens, and the app closes", async () => {
	const nest = await NestFactory.create(App, { logger: false });
	await nest.listen(0, "127.0.0.1");
	const response = await fetch((await nest.getUrl()) + "/ending");
	expect(await response.text()).toBe(": open\\ndata: hello\\n\\n");
	await nest.close();
});
`,
	},
});
