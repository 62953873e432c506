/**
 * What this app adds to Fastify's types: who is signed in, and what goes over the streams.
 */
import type { onRequestAsyncHookHandler } from "fastify";
import type { Parcel } from "./parcels.js";

export interface User {
	readonly name: string;
	/** The desk sees the parcels of all customers, moves them, and can tell everyone something. */
	readonly role: "customer" | "desk";
}

/** What everyone is sent. */
export interface Notice {
	readonly text: string;
	readonly at: number;
}

/** Event types, and the data each carries. */
export interface Events {
	/** The first event of each stream: all there is to show. */
	readonly welcome: {
		readonly user: User;
		readonly parcels: readonly Parcel[];
		readonly notice: Notice | null;
	};
	readonly parcel: Parcel;
	readonly notice: Notice;
}

declare module "@fastify/jwt" {
	interface FastifyJWT {
		payload: User;
		user: User;
	}
}

declare module "@sse-service/fastify" {
	interface SSEEvents extends Events {}
}

declare module "fastify" {
	interface FastifyInstance {
		/** Answers 401 unless the request comes with a token. */
		signedIn: onRequestAsyncHookHandler;
		/** Answers 403 unless it is the desk's. To be used after `signedIn`. */
		deskOnly: onRequestAsyncHookHandler;
		/** Of the shop: where its page finds the tracker. */
		trackerUrl: string;
	}
}
