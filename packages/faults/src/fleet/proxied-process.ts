/**
 * A process of a fleet, with a proxy between it and the engine.
 */
import { type ServerProcess, startServerProcess } from "@sse-service/testing/server-process";
import { startTcpProxy, type TcpProxy } from "@sse-service/testing/tcp-proxy";

export interface Started {
	readonly proxy: TcpProxy;
	readonly process: ServerProcess;
}

/**
 * Starts a program of Node that serves HTTP.
 *
 * @param argsOf its arguments: the path of the program, and what it needs to know, such as its port and the URL of the engine
 */
export async function startBehindProxy(
	{ enginePort, scheme }: { readonly enginePort: number; readonly scheme: string },
	argsOf: (port: number, url: string) => string[],
): Promise<Started> {
	const proxy = await startTcpProxy(enginePort);
	const url = `${scheme}://127.0.0.1:${proxy.port}`;
	const process = await startServerProcess({
		path: globalThis.process.execPath,
		scheme: "http",
		args: (port) => argsOf(port, url),
		greeting: "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
		answer: /^HTTP\/1\.1 200/,
	});
	return { proxy, process };
}

export class ProxiedProcess {
	readonly index: number;
	readonly proxy: TcpProxy;
	protected readonly process: ServerProcess;

	protected constructor(index: number, { proxy, process }: Started) {
		this.index = index;
		this.proxy = proxy;
		this.process = process;
	}

	/** The errors it reported since its last start. */
	get output(): string {
		return this.process.output;
	}

	async stop(): Promise<void> {
		await this.process.stop();
		await this.proxy.close();
	}
}
