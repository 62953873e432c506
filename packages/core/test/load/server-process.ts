/**
 * Starts `server.mjs` and asks it.
 */
import { fork } from "node:child_process";
import { settled } from "@sse-service/testing";
import type { SSEStats } from "../../src/index.js";

interface Look {
	readonly stats: SSEStats;
	readonly disconnectCalls: number;
	readonly listenersLeft: number;
	readonly timers: number;
	readonly heapUsed: number;
	readonly buffers: number;
}

export interface ServerProcess {
	readonly port: number;
	readonly pid: number;
	look(): Promise<Look>;
	broadcast(parameters: { count: number; size: number }): Promise<{ rssMost: number }>;
	stop(): void;
}

export async function startServerProcess(): Promise<ServerProcess> {
	const child = fork(`${import.meta.dirname}/server.mjs`, { execArgv: ["--expose-gc"] });
	const answerTo = <T>(question: string): Promise<T> =>
		settled(
			new Promise<T>((resolve) => {
				const onMessage = (message: { question: string; answer: T }): void => {
					if (message.question !== question) return;
					child.off("message", onMessage);
					resolve(message.answer);
				};
				child.on("message", onMessage);
			}),
			`the server's answer to ${question}`,
		);
	const ask = <T>(question: string, parameters?: unknown): Promise<T> => {
		const answer = answerTo<T>(question);
		child.send({ question, parameters });
		return answer;
	};
	return {
		port: await answerTo<number>("port"),
		pid: child.pid ?? 0,
		look: () => ask("look"),
		broadcast: (parameters) => ask("broadcast", parameters),
		stop: () => child.disconnect(),
	};
}
