/**
 * The claims of every adapter, over Nest on both platforms, for both ways to open a stream: `SseService.connect` in a
 * handler, and a route of `@SseStream`.
 */
import "reflect-metadata";
import { createRequire } from "node:module";
import {
	All,
	Controller,
	HttpException,
	Inject,
	Module,
	Req,
	RequestMethod,
	Res,
} from "@nestjs/common";
import { eventually, isLongRun } from "@sse-service/testing";
import {
	type AdapterConnection,
	type AdapterContext,
	type AdapterHarness,
	type AdapterSetup,
	describeAdapter,
} from "@sse-service/testing/adapter";
import { Observable } from "rxjs";
import { createSSEService } from "sse-service";
import { getSseToken, SseModule, type SseParams, SseService, SseStream } from "../src/index.js";
import { NEST, PLATFORMS, type Platform, startApp } from "./platform.js";

const require = createRequire(import.meta.url);
const commonJs = require("sse-service") as AdapterHarness["commonJs"];

type Route = AdapterSetup["routes"][string];

/** What the requests and responses of both platforms have, with the middleware of the suite. */
interface Request {
	readonly body: unknown;
	readonly raw?: unknown;
	readonly session: { set?(name: string, value: string): void; user?: string };
}
interface Response {
	header(name: string, value: string): unknown;
	cookie?(name: string, value: string): unknown;
	setCookie?(name: string, value: string): unknown;
	readonly raw: never;
}

function contextOf(req: Request, res: Response, open: AdapterContext["open"]): AdapterContext {
	return {
		body: req.body,
		setHeader: (name, value) => res.header(name, value),
		setCookie: (name, value) => (res.setCookie ?? res.cookie)?.call(res, name, value),
		signIn: (user) => {
			if (req.session.set === undefined) req.session.user = user;
			else req.session.set("user", user);
		},
		open,
	};
}

/** An error of a route as one of Nest's. */
async function asNests(run: () => unknown): Promise<void> {
	try {
		await run();
	} catch (error) {
		const { statusCode, message } = error as Error & { statusCode?: number };
		throw statusCode === undefined ? error : new HttpException(message, statusCode);
	}
}

/** Adds a handler for a route to a controller's class. */
type AddHandler = (controller: { prototype: object }, path: string, route: Route) => void;

const byConnect: AddHandler = ({ prototype }, path, route) => {
	const handler = function (this: Services, req: Request, res: Response): Promise<void> {
		const service = this.serviceOf(path);
		return asNests(() =>
			route(
				contextOf(
					req,
					res,
					async (params) => (await service.connect(req as never, res, params)).connection,
				),
			),
		);
	};
	const descriptor = define(prototype, path, handler);
	Req()(prototype, path, 0);
	Res()(prototype, path, 1);
	All(path)(prototype, path, descriptor);
};

/** By client id, which the route makes before its handler runs. */
const ends = new Map<string, (reason: string) => void>();
let streams = 0;

const byDecorator: AddHandler = ({ prototype }, path, route) => {
	const handler = async function (
		this: Services,
		req: Request & { clientId: string },
		res: Response,
	): Promise<Observable<unknown>> {
		const { clientId } = req;
		const service = this.serviceOf(path);
		const connection = isStandalone(path)
			? new Standalone(service, clientId)
			: new ByClientId(service, clientId);
		let onOpen = (): void => {};
		const opens = new Promise<void>((resolve) => {
			onOpen = resolve;
		});
		const running = asNests(() =>
			route(
				contextOf(req, res, async () => {
					onOpen();
					await connection.opened();
					return connection;
				}),
			),
		);
		await Promise.race([opens, running]);
		return new Observable((subscriber) => {
			if (connection instanceof Standalone) connection.emit = (data) => subscriber.next(data);
			running.catch((error) => subscriber.error(error));
		});
	};
	const descriptor = define(prototype, path, handler);
	Req()(prototype, path, 0);
	Res()(prototype, path, 1);
	SseStream(path, {
		method: RequestMethod.ALL,
		service: path.startsWith("/second") ? "second" : undefined,
		params: (request): SseParams => {
			const clientId = `stream-${++streams}`;
			request.clientId = clientId;
			const standalone = isStandalone(path);
			return { clientId, standalone, onDisconnectCb: ({ reason }) => ends.get(clientId)?.(reason) };
		},
	})(prototype, path, descriptor as TypedPropertyDescriptor<never>);
	Object.defineProperty(prototype, path, descriptor);
};

/** A connection of `@SseStream`, of which a handler knows its client's id. */
class ByClientId implements AdapterConnection {
	readonly clientId: string;
	closeReason: string | undefined;
	protected readonly service: SseService;
	readonly #abort = new AbortController();

	constructor(service: SseService, clientId: string) {
		this.service = service;
		this.clientId = clientId;
		ends.set(clientId, (reason) => {
			this.closeReason = reason;
			this.#abort.abort();
		});
	}

	get signal(): AbortSignal {
		return this.#abort.signal;
	}

	opened(): Promise<void> {
		return eventually(() => this.closeReason !== undefined || this.isOpen());
	}

	protected isOpen(): boolean {
		return this.service.getClient(this.clientId) !== undefined;
	}

	send(data: unknown): number {
		return this.service.send({ client: this.clientId }, data);
	}
}

const isStandalone = (path: string): boolean => path === "/standalone";

/** One that is in no list: what its handler's Observable emits is its handle. */
class Standalone extends ByClientId {
	emit: ((data: unknown) => void) | undefined;
	readonly #before = this.service.stats().connections;

	protected override isOpen(): boolean {
		return this.service.stats().connections > this.#before;
	}

	override send(data: unknown): number {
		this.emit?.(data);
		return this.emit === undefined ? 0 : 1;
	}
}

function define(prototype: object, key: string, value: unknown): PropertyDescriptor {
	const descriptor = { value, configurable: true, writable: true };
	Object.defineProperty(prototype, key, descriptor);
	return descriptor;
}

class Services {
	@Inject(SseService) readonly first!: SseService;
	@Inject(getSseToken("second")) readonly second!: SseService;

	serviceOf(path: string): SseService {
		return path.startsWith("/second") ? this.second : this.first;
	}
}

function overNest(platform: Platform, addHandler: AddHandler): AdapterHarness {
	return {
		commonJs,
		start: async (setup) => {
			const { use, routes, byDefault, maxConnections, drainMs, history, http2 } = setup;
			const service = byDefault
				? undefined
				: createSSEService({ maxConnections, drainMs, history });
			const second = createSSEService();

			@Controller()
			class Routes extends Services {}
			for (const [path, route] of Object.entries(routes)) addHandler(Routes, path, route);

			@Module({
				imports: [
					SseModule.forRoot(byDefault ? { onConnect: setup.onConnect } : { service }),
					SseModule.forRoot({ name: "second", service: second }),
				],
				controllers: [Routes],
			})
			class App {}

			const { app, ...running } = await startApp(App, platform, use, undefined, { http2 });
			return {
				...running,
				service: app.get(SseService),
				second,
				server: app.getHttpServer(),
				close: () => app.close(),
			};
		},
	};
}

// What differs between versions of Nest is how it routes and answers, which `@SseStream` leaves to it and `connect` does not:
// over older ones only a long run goes both ways.
const both = isLongRun || NEST === "12";

for (const platform of PLATFORMS) {
	if (both) describeAdapter(`Nest ${NEST} on ${platform}, connect`, overNest(platform, byConnect));
	describeAdapter(`Nest ${NEST} on ${platform}, @SseStream`, overNest(platform, byDecorator));
}
