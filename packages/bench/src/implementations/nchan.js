// nginx with nchan, as Debian has it (`apt-get install libnginx-mod-nchan`): not Node, so what Node is measured
// against from outside. Events are published over HTTP by this process, whose CPU time is not counted.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectWhenUp, cpuMicrosOf, freePort, residentBytesOf } from "../other-process.js";

const MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so";
const NGINX = "/usr/sbin/nginx";

/** Why it cannot be measured here, if it cannot. */
export function missing() {
	const absent = [NGINX, MODULE].find((file) => !existsSync(file));
	return absent === undefined ? undefined : `there is no ${absent} (Debian: libnginx-mod-nchan)`;
}

/** It has its own ids, which are not compared. @type {import("./index.js").Wire} */
export const wire = {
	framing: "none",
	ownIds: true,
	opening: ": hi\n\n",
	block: ({ event, data }) => `event: ${event}\nid: \ndata: ${JSON.stringify(data)}\n\n`,
};

/** @returns {Promise<import("./index.js").Running>} */
export async function create() {
	const folder = mkdtempSync(join(tmpdir(), "sse-bench-nchan-"));
	const port = await freePort();
	writeFileSync(join(folder, "nginx.conf"), configuration(folder, port));
	const nginx = spawn(NGINX, ["-p", folder, "-c", join(folder, "nginx.conf")], { stdio: "ignore" });
	process.on("exit", () => {
		nginx.kill("SIGKILL");
		rmSync(folder, { recursive: true, force: true });
	});
	const publisher = await connectWhenUp(port);
	// What it answers is not looked at: the clients tell.
	publisher.resume();
	return {
		port,
		usedMicros: () => cpuMicrosOf(nginx.pid),
		residentBytes: () => residentBytesOf(nginx.pid),
		toAll({ event, data }) {
			const body = JSON.stringify(data);
			publisher.write(
				`POST /publish HTTP/1.1\r\nHost: 127.0.0.1\r\nX-EventSource-Event: ${event}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
			);
		},
	};
}

/** One process, which keeps one message and sends no pings. @param {string} folder @param {number} port */
function configuration(folder, port) {
	const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
		.map((name) => `${name}_temp_path ${folder}/${name};`)
		.join(" ");
	return `
load_module ${MODULE};
daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 20000; }
http {
	access_log off; keepalive_requests 1000000; ${temporary}
	server {
		listen 127.0.0.1:${port} backlog=4096;
		location / { nchan_subscriber eventsource; nchan_channel_id everyone; nchan_eventsource_ping_interval 0; }
		location /publish { nchan_publisher; nchan_channel_id everyone; nchan_message_buffer_length 1; }
	}
}
`;
}
