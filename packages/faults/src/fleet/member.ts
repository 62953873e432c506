/**
 * A member of the fleet: a process, as it looks from here, with a proxy between it and the engine.
 */
import http from "node:http";
import { type ServerProcess, startServerProcess } from "@sse-service/testing/server-process";
import { startTcpProxy, type TcpProxy } from "@sse-service/testing/tcp-proxy";
import type { Listed } from "../checker/presence.js";
import { MEMBER_PROGRAM } from "../program.js";
import type { EngineName } from "./connect-engine.js";
import type { Flaw } from "./flaws.js";
import type { Answer, MemberOptions, Order, Publication } from "./member-program.js";

// A stopped process answers nothing.
const ANSWER_TIMEOUT_MS = 6_000;
const HEALTH_TIMEOUT_MS = 1_000;

/** How many processes a fleet has. */
export const FLEET_SIZE = 3;

/** By how much the clocks of the processes are wrong, by index. */
const SKEWS_MS = [0, 150_000, -150_000];

/** Over how long a process that is to end sends its clients away, unless the fleet says otherwise. */
const DRAIN_MS = 1_000;

export interface FleetOptions {
	readonly engine: EngineName;
	readonly enginePort: number;
	/** How many the engine keeps. */
	readonly maxEvents: number;
	readonly drainMs?: number;
	/** The program of the last process, beside other versions of the packages. */
	readonly otherProgram?: string | undefined;
	/** Of their logs, for a test of the checker. */
	readonly flaw?: Flaw | undefined;
}

interface Health {
	readonly ready: boolean;
	readonly log?: { readonly error?: string; readonly behind: number };
}

export class Member {
	readonly index: number;
	readonly proxy: TcpProxy;
	/** Whether its program runs beside other versions of the packages. */
	readonly isOther: boolean;
	readonly #process: ServerProcess;
	readonly #agent = new http.Agent({ keepAlive: true });
	#isUp = true;

	private constructor(index: number, isOther: boolean, proxy: TcpProxy, process: ServerProcess) {
		this.index = index;
		this.isOther = isOther;
		this.proxy = proxy;
		this.#process = process;
	}

	static async start(
		index: number,
		{ engine, enginePort, maxEvents, drainMs = DRAIN_MS, flaw, otherProgram }: FleetOptions,
	): Promise<Member> {
		const proxy = await startTcpProxy(enginePort);
		const scheme = engine === "nats" ? "nats" : "redis";
		const url = `${scheme}://127.0.0.1:${proxy.port}`;
		const isOther = otherProgram !== undefined && index === FLEET_SIZE - 1;
		const process = await startServerProcess({
			path: globalThis.process.execPath,
			scheme: "http",
			args: (port) => {
				const skewMs = SKEWS_MS[index % SKEWS_MS.length] ?? 0;
				const own = { maxEvents, drainMs, skewMs, flaw };
				const options: MemberOptions = { port, engine, url, ...own };
				return [
					otherProgram !== undefined && isOther ? otherProgram : MEMBER_PROGRAM,
					JSON.stringify(options),
				];
			},
			greeting: "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
			answer: /^HTTP\/1\.1 200/,
		});
		return new Member(index, isOther, proxy, process);
	}

	get port(): number {
		return this.#process.port;
	}

	/** Whether clients may come to it. */
	get isUp(): boolean {
		return this.#isUp;
	}

	/** The errors it reported since its last start. */
	get output(): string {
		return this.#process.output;
	}

	/** @returns its answer; `undefined` when it gave none: the event may be stored or not */
	async publish(publication: Publication): Promise<Answer | undefined> {
		const body = JSON.stringify(publication);
		const text = await this.#request("POST", "/publish", body, ANSWER_TIMEOUT_MS);
		return text === undefined ? undefined : JSON.parse(text);
	}

	/** Say what it is to do with the groups of a client. Nothing says whether it does. */
	async tell(order: Order): Promise<void> {
		await this.#request("POST", "/tell", JSON.stringify(order), ANSWER_TIMEOUT_MS);
	}

	/** Who is connected to any process. @returns `undefined` when it does not answer */
	async clients(): Promise<readonly Listed[] | undefined> {
		const text = await this.#request("GET", "/clients", "", ANSWER_TIMEOUT_MS);
		return text === undefined ? undefined : JSON.parse(text);
	}

	/** @returns `undefined` when it does not answer */
	async health(): Promise<Health | undefined> {
		const text = await this.#request("GET", "/health", "", HEALTH_TIMEOUT_MS);
		return text === undefined ? undefined : JSON.parse(text);
	}

	/** End it without a word. */
	async kill(): Promise<void> {
		this.#isUp = false;
		await this.#process.kill("SIGKILL");
	}

	/** End it in an orderly way. */
	async end(): Promise<void> {
		this.#isUp = false;
		await this.#process.kill("SIGTERM");
	}

	/** After it has ended. */
	async startAgain(): Promise<void> {
		await this.#process.restart();
		this.#isUp = true;
	}

	/** Have it stand still. Its clients do not know. */
	async freeze(): Promise<void> {
		await this.#process.kill("SIGSTOP");
	}

	async thaw(): Promise<void> {
		await this.#process.kill("SIGCONT");
	}

	async stop(): Promise<void> {
		this.#agent.destroy();
		await this.#process.stop();
		await this.proxy.close();
	}

	#request(
		method: string,
		path: string,
		body: string,
		timeout: number,
	): Promise<string | undefined> {
		return new Promise((resolve) => {
			const { port } = this;
			const options = { host: "127.0.0.1", port, path, method, agent: this.#agent, timeout };
			const request = http.request(options, (response) => {
				let text = "";
				response.setEncoding("utf8").on("data", (part) => {
					text += part;
				});
				response.on("end", () => resolve(response.statusCode === 200 ? text : undefined));
				response.on("error", () => resolve(undefined));
			});
			request.on("timeout", () => request.destroy());
			request.on("error", () => resolve(undefined));
			request.end(body);
		});
	}
}
