/**
 * The leader: the tab that has the connection. It relays events to the others, and answers what they ask. While it has no room itself,
 * it keeps events for later, as many as it keeps for other tabs.
 */
import type { Source, SourceHost } from "../source.js";
import { type LiveState, type Relay, type Tab, type TabMessage, toSharedError } from "./channel.js";
import { Hold } from "./hold.js";
import type { RelayedStream } from "./relayed-stream.js";

export class Leader {
	readonly #term = crypto.randomUUID();
	readonly #stream: RelayedStream;
	readonly #tab: Tab;
	readonly #hasOthers: () => Promise<boolean>;
	readonly #hold: Hold;
	readonly #own: Source;
	#state: LiveState = "connecting";
	#sequence = 0;
	/** The term of a tab that leads, too: it has stolen the lock, and this tab may not know it yet. */
	#rival: string | undefined;
	/** Ends the wait for room. */
	#goOn: () => void = () => {};

	/** @param hasOthers whether other tabs are known to follow */
	constructor(
		stream: RelayedStream,
		tab: Tab,
		connect: (host: SourceHost) => Source,
		hasOthers: () => Promise<boolean>,
	) {
		this.#stream = stream;
		this.#tab = tab;
		this.#hasOthers = hasOthers;
		this.#hold = new Hold(
			() => tab.room(),
			() => stream.deliverKept(),
		);
		const term = this.#term;
		this.#own = connect({
			onEvent: ({ type, text, id }) => this.#relay({ type, text, id }),
			onPosition: (id) => this.#relay({ type: undefined, text: "", id }),
			onState: (state) => {
				this.#state = state;
				tab.onState(state);
				tab.say({ kind: "state", term, state });
			},
			onError: (error) => {
				tab.say({ kind: "error", term, error: toSharedError(error) });
				tab.onError(error);
			},
			onEnd: (error) => {
				// First: a listener of what was kept may close the stream, and then nothing is said.
				tab.say({ kind: "end", term, error: error && toSharedError(error) });
				this.#endHold();
				tab.onEnd(error);
			},
			room: () => this.#room(),
		});
	}

	start(): void {
		const stream = this.#stream;
		stream.place = { term: this.#term, sequence: 0 };
		stream.takeAll();
		this.#tab.say({ kind: "lead", term: this.#term, from: stream.id });
		this.#own.start(stream.id);
	}

	/** Ends the connection. The other tabs may have none for a while: those whose pages are hidden may not want to lead. */
	stop(): void {
		this.#own.stop();
		this.#tab.say({ kind: "state", term: this.#term, state: "waiting" });
	}

	/** Ends the connection, so that another tab leads. */
	stepDown(): void {
		this.stop();
		this.#endHold();
	}

	onMessage(message: TabMessage): void {
		if (message.kind === "ask") this.#answer(message);
		else if (message.kind === "ping") {
			// Those who follow a rival hear from it, and do not ping: a `lead` that came late was no rival's.
			this.#rival = undefined;
			this.#tab.say({ kind: "pong" });
		} else {
			if (message.kind === "lead") this.#rival = message.term;
			return;
		}
		this.#pass();
	}

	/** Without others, nothing is read while this tab has no room: that slows the server down, and loses nothing. */
	#room(): Promise<void> | undefined {
		const room = this.#tab.room();
		if (room === undefined || this.#hold.isOn) return undefined;
		void this.#hasOthers().then((has) => {
			if (has) this.#pass();
		});
		const others = new Promise<void>((resolve) => {
			this.#goOn = resolve;
		});
		return Promise.race([room, others]);
	}

	/** Goes on for others, without this tab if it has no room. */
	#pass(): void {
		this.#hold.check();
		this.#goOn();
	}

	#endHold(): void {
		if (this.#hold.end()) this.#stream.deliverKept();
	}

	#relay(relay: Relay): void {
		const place = { term: this.#term, sequence: ++this.#sequence };
		this.#tab.say({ kind: "relay", ...place, ...relay });
		if (this.#hold.passes()) this.#stream.keep(relay, place);
		else this.#stream.take(relay, place);
	}

	#answer({ question, id, place }: TabMessage & { readonly kind: "ask" }): void {
		// One that follows the rival may be far ahead, and would go back to the place of this tab.
		if (place !== undefined && place.term === this.#rival) return;
		const missed = this.#stream.missedBy(id, place);
		const own = { term: this.#term, sequence: this.#sequence };
		const answer = { question, id: this.#stream.id, state: this.#state, missed };
		this.#tab.say({ kind: "answer", ...answer, ...own });
	}
}
