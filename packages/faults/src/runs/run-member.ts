/**
 * A process that has runs: what can be asked of it, and done to it.
 */
import { fileURLToPath } from "node:url";
import { ProxiedProcess, startBehindProxy } from "../fleet/proxied-process.js";
import type { RunMemberOptions } from "./member-program.js";

// Beside `src` and beside `dist` it is the same place.
const PROGRAM = fileURLToPath(new URL("../../dist/runs-member.js", import.meta.url));
const BUILT = fileURLToPath(new URL("./runs-member.js", import.meta.url));

export interface StartedAnswer {
	readonly isOwn: boolean;
	readonly attempt: string;
}

export class RunMember extends ProxiedProcess {
	static async start(
		index: number,
		enginePort: number,
		options: Omit<RunMemberOptions, "port" | "url">,
	): Promise<RunMember> {
		const program = import.meta.url.endsWith(".ts") ? PROGRAM : BUILT;
		const started = await startBehindProxy({ enginePort, scheme: options.engine }, (port, url) => [
			program,
			JSON.stringify({ ...options, port, url } satisfies RunMemberOptions),
		]);
		return new RunMember(index, started);
	}

	get pid(): number {
		return this.process.pid;
	}

	get url(): string {
		return this.process.url;
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
		return this.process.kill(signal);
	}

	startAgain(): Promise<void> {
		return this.process.restart();
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
