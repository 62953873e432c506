// A client of one process, which sees that nothing is missing and how long each event took.

import http from "node:http";
import { io } from "socket.io-client";
import { nowMicros } from "../usage.js";

/** @typedef {{ number: number, at: number }} Event */

export class Receiver {
	/** In microseconds, of each event in order. @type {number[]} */
	latencies = [];
	/** What a client would reconnect with. */
	lastId = "";
	/** `undefined`: whichever is first. @type {number | undefined} */
	#next;
	/** @type {{ number: number, resolve: () => void, reject: (error: Error) => void } | undefined} */
	#waiting;
	/** @type {Error | undefined} */
	#error;
	#close = () => {};

	/** Resolves when it is connected. @param {"sse" | "socket.io"} kind @param {number} port @returns {Promise<Receiver>} */
	static async open(kind, port) {
		const receiver = new Receiver();
		const url = `http://127.0.0.1:${port}/`;
		/** @param {Event} event @param {string} [id] */
		const take = (event, id = "") => {
			receiver.lastId = id;
			receiver.#take(event);
		};
		receiver.#close = await (kind === "sse" ? openStream(url, take) : openSocket(url, take));
		return receiver;
	}

	/** Resolves when all before this number are here; rejects when one is missing. @param {number} number @param {number} timeoutMs */
	until(number, timeoutMs) {
		return new Promise((resolve, reject) => {
			const late = () => reject(new Error(`event ${this.#next} has not come in ${timeoutMs} ms`));
			const timer = setTimeout(late, timeoutMs);
			const done = () => {
				clearTimeout(timer);
				resolve(undefined);
			};
			this.#waiting = { number, resolve: done, reject };
			this.#look();
		});
	}

	close() {
		this.#close();
	}

	/** @param {Event} event */
	#take({ number, at }) {
		if (number !== (this.#next ?? number))
			this.#error ??= new Error(`event ${number}, not ${this.#next}`);
		this.#next = number + 1;
		this.latencies.push(nowMicros() - at);
		this.#look();
	}

	#look() {
		if (this.#error !== undefined) this.#waiting?.reject(this.#error);
		else if (this.#waiting !== undefined && (this.#next ?? 0) >= this.#waiting.number) {
			this.#waiting.resolve();
		}
	}
}

/** @param {string} url @param {(event: Event, id?: string) => void} take @returns {Promise<() => void>} */
function openStream(url, take) {
	return new Promise((resolve, reject) => {
		const request = http.get(url, { agent: false }, (response) => {
			let rest = "";
			response.setEncoding("utf8").on("data", (text) => {
				const blocks = (rest + text).split("\n\n");
				rest = blocks.pop() ?? "";
				for (const block of blocks) {
					const data = /^data: (.*)$/m.exec(block)?.[1];
					if (data !== undefined) take(JSON.parse(data), /^id: (.*)$/m.exec(block)?.[1]);
				}
			});
			// It was aborted here.
			response.on("error", () => {});
			response.once("data", () => resolve(() => request.destroy()));
		});
		request.on("error", reject);
	});
}

/** @param {string} url @param {(event: Event) => void} take @returns {Promise<() => void>} */
function openSocket(url, take) {
	return new Promise((resolve, reject) => {
		const socket = io(url, { transports: ["websocket"], reconnection: false });
		socket.on("event", take);
		socket.once("connect", () => resolve(() => void socket.close()));
		socket.once("connect_error", reject);
	});
}
