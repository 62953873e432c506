/**
 * What this app adds to the types of Express: who is signed in, and what goes over the streams.
 */
import type { Notice } from "../shared/page/notices.js";
import type { Lot, Standing } from "./lots.js";

export interface User {
	readonly name: string;
	readonly role: "bidder" | "auctioneer";
}

/** Event types, and the data each carries. */
export interface Events {
	/** The first event of each stream: all there is to show. */
	readonly welcome: {
		readonly user: User;
		readonly lots: readonly Lot[];
		readonly standings: readonly Standing[];
		readonly notice: Notice | null;
	};
	/** To everyone. */
	readonly lot: Lot;
	/** To the bidder it is about, and nobody else. */
	readonly standing: Standing;
	readonly notice: Notice;
}

declare global {
	// biome-ignore lint/style/noNamespace: where Express's types let others add to `res.locals`.
	namespace Express {
		interface Locals {
			/** Set by `signedIn`. */
			user: User;
			/** Set by `findLot`. */
			lot: Lot;
			/** Of the gallery: where its page finds the auction. */
			auctionUrl: string;
		}
	}
}

declare module "express-session" {
	interface SessionData {
		user: User;
	}
}

declare module "@sse-service/express" {
	interface SSEEvents extends Events {}
}
