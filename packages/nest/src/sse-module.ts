/**
 * The module: provides a service to a Nest app, and ends the streams opened through it when the app ends.
 */
import {
	type BeforeApplicationShutdown,
	type DynamicModule,
	type FactoryProvider,
	Inject,
	Module,
	type ModuleMetadata,
	type NestModule,
	type Provider,
	type Type,
} from "@nestjs/common";
import { APP_INTERCEPTOR, HttpAdapterHost, ModuleRef, type NestContainer } from "@nestjs/core";
import type { AnyEvents } from "sse-service";
import { type AppStreamsOptions, createAppStreams, SSEError } from "sse-service/adapter";
import { Openings } from "./openings.js";
import { SseInterceptor } from "./sse-interceptor.js";
import { getSseToken, SseService } from "./sse-service.js";

/** `service`, or options that configure the process-wide default one. */
export type SseOptions<Events extends object = AnyEvents> = AppStreamsOptions<Events>;

/** Identifies an instance of the module. */
interface Instance {
	/** For `@InjectSse(name)`, if an app has several instances. Default: none, for injection by the class `SseService`. */
	readonly name?: string | undefined;
	/** Whether all modules of the app may inject the service, without importing this one. Default true. */
	readonly isGlobal?: boolean | undefined;
}

export type SseModuleOptions<Events extends object = AnyEvents> = SseOptions<Events> & Instance;

/** Creates the options for `forRootAsync`. */
export interface SseOptionsFactory<Events extends object = AnyEvents> {
	createSseOptions(): SseOptions<Events> | Promise<SseOptions<Events>>;
}

/** One of the three forms, besides the instance's name. */
export interface SseModuleAsyncOptions<Events extends object = AnyEvents>
	extends Instance,
		Pick<ModuleMetadata, "imports"> {
	readonly useFactory?:
		| ((...args: never[]) => SseOptions<Events> | Promise<SseOptions<Events>>)
		| undefined;
	/** The providers that `useFactory` receives. */
	readonly inject?: FactoryProvider["inject"] | undefined;
	/** Instantiated within this module. */
	readonly useClass?: Type<SseOptionsFactory<Events>> | undefined;
	/** Provided by a module of `imports`, or a global one. */
	readonly useExisting?: Type<SseOptionsFactory<Events>> | undefined;
}

// Visible only within each instance of the module.
const OPTIONS = Symbol("options");
// Nest names it where a module imports the class itself.
const OPENINGS = Symbol("SseModule.forRoot()");
const INTERCEPTOR = Symbol("interceptor");

@Module({})
export class SseModule implements NestModule, BeforeApplicationShutdown {
	readonly #openings: Openings;
	readonly #interceptor: SseInterceptor;
	readonly #moduleRef: ModuleRef;
	readonly #host: HttpAdapterHost;

	constructor(
		@Inject(OPENINGS) openings: Openings,
		@Inject(INTERCEPTOR) interceptor: SseInterceptor,
		@Inject(ModuleRef) moduleRef: ModuleRef,
		@Inject(HttpAdapterHost) host: HttpAdapterHost,
	) {
		this.#openings = openings;
		this.#interceptor = interceptor;
		this.#moduleRef = moduleRef;
		this.#host = host;
	}

	/**
	 * Provides `SseService`. The app fails to start with `ERR_SSE_INVALID_OPTION`, and `ERR_SSE_ALREADY_CONFIGURED` when the
	 * default service is in use with other options.
	 */
	static forRoot<Events extends object = AnyEvents>({
		name,
		isGlobal,
		...options
	}: SseModuleOptions<Events> = {}): DynamicModule {
		return instance({ name, isGlobal }, [{ provide: OPTIONS, useValue: options }]);
	}

	/** Like `forRoot`, with options that other providers create. */
	static forRootAsync<Events extends object = AnyEvents>({
		name,
		isGlobal,
		imports = [],
		...options
	}: SseModuleAsyncOptions<Events>): DynamicModule {
		return { ...instance({ name, isGlobal }, providersOf(options)), imports };
	}

	/** Runs before routes are created, if there are any. The interceptor goes around all others, to see the transformed items. */
	configure(): void {
		// For a server that is closed by others: `worker.disconnect()` closes those of its process.
		this.#openings.streams.closeWith(this.#host.httpAdapter.getHttpServer());
		// Nest runs APP_INTERCEPTORs in the order of their modules, the app's own first, and has no public way to set another order.
		const { container } = this.#moduleRef as unknown as { readonly container?: NestContainer };
		const interceptors = container?.applicationConfig?.getGlobalInterceptors() ?? [];
		const index = interceptors.indexOf(this.#interceptor);
		if (index > 0) interceptors.unshift(...interceptors.splice(index, 1));
	}

	/** Here, because Nest waits for open streams next. */
	beforeApplicationShutdown(): Promise<void> {
		return this.#openings.streams.close();
	}
}

function instance({ name, isGlobal = true }: Instance, options: Provider[]): DynamicModule {
	const token = getSseToken(name);
	return {
		module: SseModule,
		global: isGlobal,
		providers: [
			...options,
			{
				provide: OPENINGS,
				useFactory: (own: SseOptions) => new Openings(createAppStreams(own)),
				inject: [OPTIONS],
			},
			{
				provide: token,
				useFactory: (openings: Openings) => new SseService(openings),
				inject: [OPENINGS],
			},
			{
				provide: INTERCEPTOR,
				useFactory: (openings: Openings) => new SseInterceptor(openings, name),
				inject: [OPENINGS],
			},
			{ provide: APP_INTERCEPTOR, useExisting: INTERCEPTOR },
		],
		exports: [token],
	};
}

function providersOf<Events extends object>({
	useFactory,
	inject = [],
	useClass,
	useExisting,
}: SseModuleAsyncOptions<Events>): Provider[] {
	if (useFactory !== undefined) return [{ provide: OPTIONS, useFactory, inject }];
	const factory = useExisting ?? useClass;
	if (factory === undefined) {
		const rule = "forRootAsync needs useFactory, useClass or useExisting";
		throw new SSEError("ERR_SSE_INVALID_OPTION", rule);
	}
	const options: Provider = {
		provide: OPTIONS,
		useFactory: (made: SseOptionsFactory<Events>) => made.createSseOptions(),
		inject: [factory],
	};
	return useExisting === undefined ? [options, factory] : [options];
}
