/**
 * Balancers that send each request to the next process: nginx as it does by default, and one that needs no program.
 */
import { writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { startServer } from "@sse-service/testing";
import { startServerProcess } from "@sse-service/testing/server-process";
import { onTestFinished } from "vitest";
import { findProgram } from "../../../.ci/programs.mjs";

const nginxPath = findProgram("nginx");

export interface Balancer {
	readonly name: string;
	/** @returns its address; it ends with the test */
	start(ports: readonly number[]): Promise<string>;
}

export const inTurn: Balancer = {
	name: "a balancer",
	async start(ports) {
		let turn = 0;
		const server = await startServer((req, res) => {
			const port = ports[turn++ % ports.length];
			const { method, url: path, headers } = req;
			const passed = request({ port, host: "127.0.0.1", method, path, headers }, (answer) => {
				res.writeHead(answer.statusCode ?? 502, answer.headers);
				answer.pipe(res);
			});
			passed.on("error", () => (res.headersSent ? res.destroy() : res.writeHead(502).end()));
			res.on("close", () => passed.destroy());
			req.pipe(passed);
		});
		onTestFinished(() => server.destroy());
		return server.url;
	},
};

const nginx: Balancer = {
	name: "nginx",
	async start(ports) {
		const { url, stop } = await startServerProcess({
			path: nginxPath ?? "",
			scheme: "http",
			args: (port, folder) => {
				const file = join(folder, "nginx.conf");
				writeFileSync(file, configuration(port, ports));
				return ["-p", folder, "-e", "stderr", "-c", file];
			},
			greeting: "GET /none HTTP/1.0\r\n\r\n",
			answer: /^HTTP/,
		});
		onTestFinished(stop);
		return url;
	},
};

/** Without a master process, which would leave its workers behind when it is killed. */
function configuration(port: number, ports: readonly number[]): string {
	const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
	return `
		daemon off;
		master_process off;
		pid nginx.pid;
		events {}
		http {
			access_log off;
			${folders.map((name) => `${name}_temp_path ${name};`).join(" ")}
			upstream processes { ${ports.map((each) => `server 127.0.0.1:${each};`).join(" ")} }
			server {
				listen 127.0.0.1:${port};
				location = /none { return 204; }
				location / { proxy_pass http://processes; }
			}
		}`;
}

/** Those that this machine has. */
export const balancers: readonly Balancer[] = nginxPath === undefined ? [inTurn] : [inTurn, nginx];
