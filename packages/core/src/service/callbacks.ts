/**
 * The callbacks of the application. What one throws or rejects with goes to `onError` and affects nothing else.
 */
import { attempt, guarded } from "../checks/callback.js";
import type { Diagnostics } from "../diagnostics/diagnostics.js";
import type { ConnectInfo, DisconnectInfo, ErrorStage } from "../types/callbacks.js";
import type { ResolvedOptions } from "./options.js";

type OwnOptions = Pick<ResolvedOptions, "onConnect" | "onDisconnect" | "onError">;

export class Callbacks {
	readonly #options: OwnOptions;
	readonly #onError;
	readonly #diagnostics: Diagnostics;

	constructor(options: OwnOptions, diagnostics: Diagnostics) {
		this.#options = options;
		this.#onError = guarded(options.onError);
		this.#diagnostics = diagnostics;
	}

	onConnect(info: ConnectInfo): void {
		this.#call("onConnect", this.#options.onConnect, info);
	}

	/**
	 * Deferred, so that what the callbacks send cannot overtake a fan-out that is under way.
	 *
	 * @param own the callback of this connection
	 * @param makeInfo called only if there is a callback
	 */
	onDisconnect(
		own: ((info: DisconnectInfo) => unknown) | undefined,
		makeInfo: () => DisconnectInfo,
	): void {
		const { onDisconnect } = this.#options;
		if (own === undefined && onDisconnect === undefined) return;
		const info = makeInfo();
		queueMicrotask(() => {
			this.#call("onDisconnectCb", own, info);
			this.#call("onDisconnect", onDisconnect, info);
		});
	}

	/** For a connection that was never registered: only its own callback runs. */
	onRefuse(own: ((info: DisconnectInfo) => unknown) | undefined, info: DisconnectInfo): void {
		queueMicrotask(() => this.#call("onDisconnectCb", own, info));
	}

	readonly onError = (error: unknown, stage: ErrorStage): void => {
		this.#diagnostics.failed(error, stage);
		this.#onError(error, { stage });
	};

	#call<Info>(
		stage: ErrorStage,
		callback: ((info: Info) => unknown) | undefined,
		info: Info,
	): void {
		if (!callback) return;
		attempt(
			() => callback(info),
			(error) => this.onError(error, stage),
		);
	}
}
