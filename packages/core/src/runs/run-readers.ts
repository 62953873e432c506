/**
 * The readers of this process, and the attempt that each reads.
 */
import type { RunDiagnostics } from "../diagnostics/run-diagnostics.js";
import type { SSEService } from "../service/service-types.js";
import type { SSEConnection } from "../types/connection.js";
import type { FoldRules } from "./fold.js";
import { followRun } from "./follow-run.js";
import type { RunStore } from "./run-store.js";
import { fetchTargetOf, isFetchReader, type RunTarget, targetOf } from "./run-target.js";
import type { FetchRunReader, FollowOptions, RunCodec, RunReader } from "./run-types.js";
import { resolveFollowing } from "./runs-options.js";

export interface ReadersHost {
	readonly store: RunStore;
	readonly service: Pick<SSEService, "connect">;
	readonly fold: FoldRules | undefined;
	/** The codec of a reader that names none. */
	readonly codec: RunCodec | undefined;
	readonly diagnostics: RunDiagnostics;
	onError(error: unknown, id: string): void;
}

export class RunReaders {
	readonly #host: ReadersHost;
	/** `over` resolves when the reader has received everything, or has left. */
	readonly #readers = new Map<
		SSEConnection,
		{ readonly attempt: string | undefined; readonly over: Promise<void> }
	>();
	#isClosed = false;

	constructor(host: ReadersHost) {
		this.#host = host;
	}

	/**
	 * @returns for a request of the Fetch API its response; else the connection, or `undefined` for an unknown run
	 * @throws (rejects) `ERR_SSE_INVALID_OPTION`
	 */
	async follow(
		id: string,
		reader: FetchRunReader | RunReader,
		given: FollowOptions,
	): Promise<Response | SSEConnection | undefined> {
		const { service } = this.#host;
		const options = resolveFollowing(given);
		if (!isFetchReader(reader)) return this.#send(id, targetOf(reader, service), options);
		const target = fetchTargetOf(reader, service);
		await this.#send(id, target, options);
		return target.response;
	}

	/** Resolves when the readers of these attempts are over. */
	async over(attempts: ReadonlySet<string | undefined>): Promise<void> {
		const readers = [...this.#readers.values()].filter(({ attempt }) => attempts.has(attempt));
		await Promise.all(readers.map(({ over }) => over));
	}

	/** Ends all, and those that are about to open. */
	close(): void {
		this.#isClosed = true;
		for (const connection of this.#readers.keys()) connection.close("shutdown");
	}

	#send(id: string, target: RunTarget, options: FollowOptions): Promise<SSEConnection | undefined> {
		const { store, fold, codec, diagnostics, onError } = this.#host;
		const host = {
			store,
			fold,
			onFollow: (attempt: string | undefined, connection: SSEConnection, over: Promise<void>) => {
				diagnostics.followed(id, attempt, connection);
				this.#readers.set(connection, { attempt, over });
				void over.then(() => this.#readers.delete(connection));
				if (this.#isClosed) connection.close("shutdown");
			},
			onError: (error: unknown) => onError(error, id),
		};
		return followRun(host, id, target, { ...options, codec: options.codec ?? codec });
	}
}
