/**
 * A process with runs, as it looks from here, with a proxy between it and the engine.
 */
import { fileURLToPath } from "node:url";
import { type ServerProcess, startServerProcess } from "@sse-service/testing/server-process";
import { startTcpProxy, type TcpProxy } from "@sse-service/testing/tcp-proxy";
import type { RunMemberOptions } from "./member-program.js";

// Beside `src` and beside `dist` it is the same place.
const PROGRAM = fileURLToPath(new URL("../../dist/runs-member.js", import.meta.url));
const BUILT = fileURLToPath(new URL("./runs-member.js", import.meta.url));

export interface StartedAnswer {
	readonly isOwn: boolean;
	readonly attempt: string;
}

export class RunMember {
	readonly index: number;
	readonly proxy: TcpProxy;
	readonly #process: ServerProcess;

	private constructor(index: number, proxy: TcpProxy, process: ServerProcess) {
		this.index = index;
		this.proxy = proxy;
		this.#process = process;
	}

	static async start(
		index: number,
		enginePort: number,
		options: Omit<RunMemberOptions, "port" | "url">,
	): Promise<RunMember> {
		const proxy = await startTcpProxy(enginePort);
		const url = `${options.engine}://127.0.0.1:${proxy.port}`;
		const process = await startServerProcess({
			path: globalThis.process.execPath,
			scheme: "http",
			args: (port) => [
				import.meta.url.endsWith(".ts") ? PROGRAM : BUILT,
				JSON.stringify({ ...options, port, url } satisfies RunMemberOptions),
			],
			greeting: "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
			answer: /^HTTP\/1\.1 200/,
		});
		return new RunMember(index, proxy, process);
	}

	get url(): string {
		return this.#process.url;
	}

	/** The errors it reported since its last start. */
	get output(): string {
		return this.#process.output;
	}

	/** @returns `undefined` if it does not answer: the run may have been started or not */
	start(id: string): Promise<StartedAnswer | undefined> {
		return this.#post<StartedAnswer>("start", id);
	}

	/** @returns `undefined` if it does not answer: the run may have been cancelled or not */
	async cancel(id: string): Promise<boolean | undefined> {
		return (await this.#post<{ readonly isCancelled: boolean }>("cancel", id))?.isCancelled;
	}

	/** @param signal SIGKILL or SIGTERM end it; SIGSTOP and SIGCONT freeze and thaw it */
	kill(signal: NodeJS.Signals): Promise<void> {
		return this.#process.kill(signal);
	}

	startAgain(): Promise<void> {
		return this.#process.restart();
	}

	async stop(): Promise<void> {
		await this.#process.stop();
		await this.proxy.close();
	}

	async #post<Answer>(path: string, id: string): Promise<Answer | undefined> {
		try {
			const url = `${this.url}/${path}?id=${encodeURIComponent(id)}`;
			const response = await fetch(url, { method: "POST" });
			return response.ok ? ((await response.json()) as Answer) : undefined;
		} catch {
			return undefined;
		}
	}
}
