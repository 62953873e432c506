/**
 * A service with an inspector, on a server of its own. Every other path opens a stream: `/client?group=a&group=b`.
 */
import {
	eventually,
	type OpenOptions,
	openStream,
	startServer,
	type TestServer,
	type TestStream,
} from "@sse-service/testing";
import { createSSEService, type SSEService, type SSEServiceOptions } from "sse-service";
import { onTestFinished } from "vitest";
import { type Inspector, type InspectorOptions, inspector } from "../src/index.js";

export interface Serving {
	readonly sse: SSEService;
	readonly inspect: Inspector;
	readonly server: TestServer;
	/** The address of the page. */
	readonly page: string;
	/** Connects a client, to these groups. */
	open(client: string, groups?: readonly string[], options?: OpenOptions): Promise<TestStream>;
}

export async function serve(
	options: InspectorOptions = { loopbackOnly: true },
	serviceOptions: SSEServiceOptions = {},
): Promise<Serving> {
	const sse = createSSEService({ heartbeatIntervalMs: 0, ...serviceOptions });
	const inspect = inspector(sse, options);
	const server = await startServer((req, res) => {
		if (inspect(req, res)) return;
		const { pathname, searchParams } = new URL(req.url ?? "", "http://localhost");
		const clientId = decodeURIComponent(pathname.slice(1));
		sse.connect({ req, res, clientId, groups: searchParams.getAll("group") });
	});
	onTestFinished(async () => {
		await inspect.close();
		await sse.close();
		await server.destroy();
	});
	return {
		sse,
		inspect,
		server,
		page: `${server.url}/inspector/`,
		open: async (client, groups = [], openOptions = {}) => {
			const query = new URLSearchParams(groups.map((group): [string, string] => ["group", group]));
			const before = sse.stats().connectionsOpened;
			const path = `${encodeURIComponent(client)}?${query}`;
			const stream = await openStream(`${server.url}/${path}`, openOptions);
			await eventually(() => sse.stats().connectionsOpened > before);
			return stream;
		},
	};
}

/** Opens the stream of a page, as a browser does. */
export function openPage(page: string): Promise<TestStream> {
	return openStream(`${page}stream`, { headers: { connection: "keep-alive" } });
}

/** What the page receives when it opens its stream. */
export async function helloOf(page: string): Promise<Record<string, unknown>> {
	const stream = await openPage(page);
	const [hello] = await stream.take(1);
	stream.abort();
	return JSON.parse(hello?.data ?? "{}");
}

/** Names that are markup or script, or that disguise themselves. */
export const HOSTILE = [
	'<img src=x onerror="window.hacked=1">',
	"<script>window.hacked=1</script>",
	'"><svg onload=window.hacked=1>',
	"javascript:window.hacked=1",
	"{{constructor.constructor('window.hacked=1')()}}",
	"\u202egnp.exe",
	"__proto__",
	"' OR 1=1 --",
];
