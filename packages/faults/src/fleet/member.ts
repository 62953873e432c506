/**
 * A member of the fleet: what can be asked of its process, and done to it.
 */
import http from "node:http";
import type { Listed } from "../checker/presence.js";
import { MEMBER_PROGRAM } from "../program.js";
import type { EngineName } from "./connect-engine.js";
import type { Flaw } from "./flaws.js";
import type { Answer, MemberOptions, Order, Publication } from "./member-program.js";
import { ProxiedProcess, type Started, startBehindProxy } from "./proxied-process.js";

// A stopped process does not answer.
const ANSWER_TIMEOUT_MS = 6_000;
const HEALTH_TIMEOUT_MS = 1_000;

/** How many processes a fleet has. */
export const FLEET_SIZE = 3;

/** How wrong the clock of each process is, by index. */
const SKEWS_MS = [0, 150_000, -150_000];

/** The process that sends a client that does not read only the newest event of each key. */
const CONFLATING = 1;

/** The default drain of a process that ends in an orderly way. */
const DRAIN_MS = 1_000;

export interface FleetOptions {
	readonly engine: EngineName;
	readonly enginePort: number;
	/** How many events the engine keeps. */
	readonly maxEvents: number;
	readonly drainMs?: number;
	/** A program that the last process runs instead, with other versions of the packages. */
	readonly otherProgram?: string | undefined;
	/** A flaw of their logs, for a test of the checker. */
	readonly flaw?: Flaw | undefined;
}

interface Health {
	readonly ready: boolean;
	readonly log?: { readonly error?: string; readonly behind: number };
}

export class Member extends ProxiedProcess {
	/** Whether its program runs beside other versions of the packages. */
	readonly isOther: boolean;
	readonly #agent = new http.Agent({ keepAlive: true });
	#isUp = true;

	private constructor(index: number, isOther: boolean, started: Started) {
		super(index, started);
		this.isOther = isOther;
	}

	static async start(
		index: number,
		{ engine, enginePort, maxEvents, drainMs = DRAIN_MS, flaw, otherProgram }: FleetOptions,
	): Promise<Member> {
		const scheme = engine.startsWith("nats") ? "nats" : "redis";
		const isOther = otherProgram !== undefined && index === FLEET_SIZE - 1;
		const started = await startBehindProxy({ enginePort, scheme }, (port, url) => {
			const skewMs = SKEWS_MS[index % SKEWS_MS.length] ?? 0;
			const slowPolicy = index === CONFLATING ? "conflate" : "close";
			const own = { maxEvents, drainMs, skewMs, slowPolicy, flaw } as const;
			const options: MemberOptions = { port, engine, url, ...own };
			return [isOther ? otherProgram : MEMBER_PROGRAM, JSON.stringify(options)];
		});
		return new Member(index, isOther, started);
	}

	get port(): number {
		return this.process.port;
	}

	/** Whether clients may connect to it. */
	get isUp(): boolean {
		return this.#isUp;
	}

	/** @returns its answer; `undefined` if it did not answer: the event may be stored or not */
	async publish(publication: Publication): Promise<Answer | undefined> {
		const body = JSON.stringify(publication);
		const text = await this.#request("POST", "/publish", body, ANSWER_TIMEOUT_MS);
		return text === undefined ? undefined : JSON.parse(text);
	}

	/** Sends an order about the groups of a client. The answer does not say whether it was carried out. */
	async tell(order: Order): Promise<void> {
		await this.#request("POST", "/tell", JSON.stringify(order), ANSWER_TIMEOUT_MS);
	}

	/** Returns who is connected to any process. @returns `undefined` when it does not answer */
	async clients(): Promise<readonly Listed[] | undefined> {
		const text = await this.#request("GET", "/clients", "", ANSWER_TIMEOUT_MS);
		return text === undefined ? undefined : JSON.parse(text);
	}

	/** @returns `undefined` when it does not answer */
	async health(): Promise<Health | undefined> {
		const text = await this.#request("GET", "/health", "", HEALTH_TIMEOUT_MS);
		return text === undefined ? undefined : JSON.parse(text);
	}

	/** Kills it without a warning. */
	async kill(): Promise<void> {
		this.#isUp = false;
		await this.process.kill("SIGKILL");
	}

	/** Ends it in an orderly way. */
	async end(): Promise<void> {
		this.#isUp = false;
		await this.process.kill("SIGTERM");
	}

	/** Starts it again after it has ended. */
	async startAgain(): Promise<void> {
		await this.process.restart();
		this.#isUp = true;
	}

	/** Stops it without ending it. Its clients do not notice. */
	async freeze(): Promise<void> {
		await this.process.kill("SIGSTOP");
	}

	async thaw(): Promise<void> {
		await this.process.kill("SIGCONT");
	}

	override async stop(): Promise<void> {
		this.#agent.destroy();
		await super.stop();
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
