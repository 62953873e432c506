/**
 * The other processes that this one knows, from what they posted last.
 */
import { type Post, readPost, type Summary } from "./peer-texts.js";

/** The most processes that are known: those that are gone make room. */
const MAX_PEERS = 200;
/** What an inspector calls itself. The page gives other ids a meaning of its own. */
const ID = /^[\w-]{12}$/;
/** How long a process that is gone stays known. */
const GONE_MS = 60_000;

/** Another process. */
export interface Peer {
	readonly id: string;
	readonly state: "live" | "gone" | "left";
	readonly summary: Summary;
}

interface Known {
	/** As it was posted. */
	readonly text: string;
	readonly post: Post;
	/** Since when its post is no longer there. */
	goneAt: number | undefined;
}

export class KnownPeers {
	readonly #known = new Map<string, Known>();

	/** All of them, including those that are gone. */
	get all(): Peer[] {
		return Array.from(this.#known, ([id, { post, goneAt }]) => {
			const gone = post.isLast ? "left" : "gone";
			return { id, state: goneAt === undefined ? "live" : gone, summary: post.summary };
		});
	}

	/** The posts of the processes that answer now, by their id. */
	get live(): ReadonlyMap<string, Post> {
		const live = [...this.#known].filter(([, { goneAt }]) => goneAt === undefined);
		return new Map(live.map(([id, { post }]) => [id, post]));
	}

	/** @param posts what is posted now, by the id of the process */
	take(posts: ReadonlyMap<string, string>, now: number): void {
		for (const [id, known] of this.#known) {
			known.goneAt ??= posts.has(id) ? undefined : now;
			if (known.goneAt !== undefined && now - known.goneAt > GONE_MS) this.#known.delete(id);
		}
		const gone = this.#gone();
		let left = MAX_PEERS;
		for (const [id, text] of posts) {
			const known = this.#known.get(id);
			if (known?.text === text) {
				if (!known.post.isLast) known.goneAt = undefined;
				continue;
			}
			if (known === undefined) {
				if (!ID.test(id) || left-- <= 0) continue;
				if (this.#known.size >= MAX_PEERS && gone.length === 0) continue;
			}
			const post = readPost(text);
			if (post === undefined) continue;
			if (known === undefined && this.#known.size >= MAX_PEERS)
				this.#known.delete(gone.pop() ?? "");
			this.#known.set(id, { text, post, goneAt: post.isLast ? now : undefined });
		}
	}

	/** Those that are gone, the one that has been for longest last. */
	#gone(): string[] {
		const since = ([, { goneAt = Infinity }]: [string, Known]): number => goneAt;
		const gone = [...this.#known].filter((each) => since(each) < Infinity);
		return gone.sort((one, other) => since(other) - since(one)).map(([id]) => id);
	}

	clear(): void {
		this.#known.clear();
	}
}
