/**
 * What the suite of adapters expects of an app under test, and of the harness that starts it.
 */

export type Middleware = "body" | "compression" | "cookies" | "cors" | "helmet" | "session";

export interface AdapterConnection {
	readonly clientId: string;
	readonly closeReason: string | undefined;
	readonly signal: AbortSignal;
	send(data: unknown): number;
}

export interface AdapterService {
	send(target: "all" | { readonly client: string }, data: unknown): number;
	stats(): { readonly connections: number; readonly clients: number; readonly groups: number };
}

/** A request, in the words that the frameworks share. */
export interface AdapterContext {
	/** What `body` has read. */
	readonly body: unknown;
	setHeader(name: string, value: string): void;
	setCookie(name: string, value: string): void;
	/** Change the session, which is then saved (with `session`). */
	signIn(user: string): void;
	/** Open the stream, by the second service on a path below `/second`. `standalone` is true on the path `/standalone`, and only there. */
	open(params?: {
		readonly clientId?: string;
		readonly standalone?: boolean;
	}): Promise<AdapterConnection>;
}

export interface AdapterSetup {
	readonly use?: readonly Middleware[];
	/** By path, for GET and POST. What one throws is the framework's to answer. */
	readonly routes: Readonly<Record<string, (context: AdapterContext) => unknown>>;
	/** Use the process-wide default service. Default: one for this app, and another below `/second`. */
	readonly byDefault?: boolean;
	/** An option that configures the default service. With `byDefault`. */
	readonly onConnect?: (() => void) | undefined;
	/** Of the service of this app. */
	readonly maxConnections?: number;
	/** Of the service of this app. */
	readonly drainMs?: number;
	/** Of the service of this app. */
	readonly history?: boolean;
	/** Serve HTTP/2, without TLS. */
	readonly http2?: boolean | undefined;
}

export interface RunningAdapter {
	readonly url: string;
	readonly service: AdapterService;
	readonly second: AdapterService;
	/** The status of each line of the framework's access log. */
	readonly accessLog: readonly number[];
	/** What reached the framework's error log. */
	readonly errors: readonly unknown[];
	/** What listens. */
	readonly server: { close(): unknown };
	/** Close the app as its framework does. */
	close(): Promise<void>;
}

export interface AdapterHarness {
	start(setup: AdapterSetup): Promise<RunningAdapter>;
	/** The copy of the core that `require` gives. */
	readonly commonJs: { sendSSEToAll(data: unknown): number };
	/** Whether nothing is sent before the handler returns, so that what it throws is answered, even after `open`. Default false. */
	readonly sendsOnReturn?: boolean;
}
