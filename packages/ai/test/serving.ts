/**
 * A server of runs as an application writes it, for the vendors' own clients: a POST starts an answer and follows it, a GET
 * follows it, from another connection.
 */
import type { IncomingMessage } from "node:http";
import { startServer, type TestServer } from "@sse-service/testing";
import { createRuns, type RunProducer, type Runs, type RunsOptions } from "sse-service/runs";
import { onTestFinished } from "vitest";

export interface Serving {
	readonly runs: Runs;
	readonly server: TestServer;
	readonly requests: {
		readonly method: string;
		readonly url: string;
		readonly lastEventId: string | undefined;
	}[];
	/** Cut every connection, as a network does. */
	cut(): void;
}

/** Until the test has ended. A hook here would be one of the first file that loads this. */
export async function serve(
	options: RunsOptions,
	idOf: (req: IncomingMessage, body: string) => string,
	produce: RunProducer,
): Promise<Serving> {
	const runs = createRuns({ batchMs: 0, ...options });
	const requests: Serving["requests"] = [];
	const server = await startServer(async (req, res) => {
		const lastEventId = req.headers["last-event-id"] as string | undefined;
		requests.push({ method: req.method ?? "", url: req.url ?? "", lastEventId });
		let body = "";
		for await (const part of req) body += part;
		const id = idOf(req, body);
		if (req.method === "POST" && lastEventId === undefined) await runs.start(id, produce);
		await runs.follow(id, { req, res });
	});
	onTestFinished(async () => {
		await runs.close();
		await server.destroy();
	});
	return {
		runs,
		server,
		requests,
		cut: () => {
			for (const socket of server.sockets) socket.destroy();
		},
	};
}

/** A gate that a producer waits at. */
export class Gate {
	#open: () => void = () => {};
	readonly #opened = new Promise<void>((resolve) => {
		this.#open = resolve;
	});

	open(): void {
		this.#open();
	}

	wait(): Promise<void> {
		return this.#opened;
	}
}
