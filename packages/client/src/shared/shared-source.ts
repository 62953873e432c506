/**
 * A source that all tabs of an origin share. One tab leads: it has the connection and relays events. The others follow.
 * Web Locks elect the leader: the lock passes to another tab when its holder closes or crashes.
 */
import type { ResolvedOptions } from "../options.js";
import { isHidden, onPageLife, type PageEvent } from "../page-life.js";
import type { Source, SourceHost } from "../source.js";
import { channelName, openChannel, type Tab, type TabMessage } from "./channel.js";
import { Follower } from "./follower.js";
import { Leader } from "./leader.js";
import { Leadership } from "./leadership.js";
import { RelayedStream } from "./relayed-stream.js";

type SharingOptions = Pick<ResolvedOptions, "gapEvent" | "pauseWhenHidden"> & {
	readonly shared: NonNullable<ResolvedOptions["shared"]>;
};

export class SharedSource implements Source {
	readonly #name: string;
	readonly #pauseWhenHidden: boolean;
	readonly #connect: (host: SourceHost) => Source;
	readonly #tab: Tab;
	readonly #stream: RelayedStream;
	readonly #leadership: Leadership;
	readonly #follower: Follower;
	/** Set while this tab leads. */
	#leader: Leader | undefined;
	#stopPageLife: () => void = () => {};
	#channel: BroadcastChannel | undefined;
	#stopped = false;

	constructor(
		name: string,
		{ shared, gapEvent, pauseWhenHidden }: SharingOptions,
		connect: (host: SourceHost) => Source,
		host: SourceHost,
	) {
		this.#name = channelName(name);
		this.#pauseWhenHidden = pauseWhenHidden === true;
		this.#connect = connect;
		this.#tab = {
			...host,
			// A listener may have closed the stream in the middle of an answer.
			onEvent: (event) => {
				if (!this.#stopped) host.onEvent(event);
			},
			say: (message) => this.#say(message),
		};
		this.#stream = new RelayedStream(shared.maxEvents, gapEvent, this.#tab);
		this.#follower = new Follower(this.#stream, this.#tab, () => this.#leadership.queue());
		this.#leadership = new Leadership(this.#name, shared.silenceMs, {
			onLead: () => this.#lead(),
			onLost: () => this.#stepDown(),
			ping: () => this.#say({ kind: "ping" }),
		});
	}

	start(lastEventId: string | undefined): void {
		this.#stream.reset(lastEventId);
		this.#channel = openChannel(this.#name, (message) => this.#onMessage(message));
		this.#stopPageLife = onPageLife((event) => this.#onPageLife(event));
		this.#tab.onState("connecting");
		this.#join();
	}

	stop(): void {
		this.#stopPageLife();
		this.#leader?.stop();
		this.#leader = undefined;
		this.#stopped = true;
		this.#channel?.close();
		this.#leadership.stepAside();
	}

	/** Whether this tab must have no connection now. It follows another tab nevertheless, which costs nothing. */
	get #isPaused(): boolean {
		return this.#pauseWhenHidden && isHidden();
	}

	#join(): void {
		if (this.#leader !== undefined) return;
		this.#follower.ask();
		if (this.#isPaused) this.#tab.onState("waiting");
		else this.#leadership.seek();
	}

	#onPageLife(event: PageEvent): void {
		const isOnlySeen = event === "visibilitychange";
		// A page in the back/forward cache must hold no lock.
		if (event === "pagehide" || this.#isPaused) {
			this.#leadership.stepAside();
			if (this.#leader !== undefined) this.#tab.onState("waiting");
			this.#stepDown();
		} else if (!isOnlySeen || this.#pauseWhenHidden) {
			this.#join();
			// This tab has followed all along, or has led: it need not hear from the leader first.
			if (isOnlySeen && this.#leader === undefined) this.#leadership.queue();
		}
	}

	#say(message: TabMessage): void {
		if (!this.#stopped) this.#channel?.postMessage(message);
	}

	#lead(): void {
		this.#follower.end();
		// A listener of the gap may have closed the stream.
		if (this.#stopped) return;
		this.#leader = new Leader(this.#stream, this.#tab, this.#connect, () =>
			this.#leadership.hasOthers(),
		);
		this.#leader.start();
	}

	/** Lets another tab lead. */
	#stepDown(): void {
		if (this.#leader === undefined) return;
		this.#leader.stepDown();
		this.#leader = undefined;
		this.#follower.ask();
	}

	#onMessage(message: TabMessage): void {
		if (this.#stopped) return;
		if (this.#leader !== undefined) this.#leader.onMessage(message);
		// Others are messages of followers.
		else if (message.kind !== "ask" && message.kind !== "ping") {
			this.#leadership.heard();
			this.#follower.onMessage(message);
		}
	}
}
