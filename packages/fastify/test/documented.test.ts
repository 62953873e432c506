/**
 * The example for Fastify in the documentation of sse-service 1.0.9, to the letter, and around it what it leaves open.
 */
import { join } from "node:path";
import { openSocket, openStream } from "@sse-service/testing";
import { createProject, type Project } from "@sse-service/testing/project";
import { afterAll, beforeAll, expect, it } from "vitest";

const SERVER = `
import { SSEClientObjInterface } from 'sse-service';
import { fastify } from 'fastify';

const server = fastify({ logger: true });

server.route({
  method: 'GET',
  url: '/sse',
  handler: async (req, res) => {
    sse.connectSSE({
      clientId: 'unique id', // this is a primary key of how your client connection could be retrieved, could be ommited, library will take care of creating unique id  
      // client id could be retrieved from the JWT token for example
      req: req.raw, // here we link to raw NodeJS request object, because its wrapped by Fastify
      res: res.raw, // the same as for request
      originalResHeaders: res.getHeaders(), // sometimes you need to pass through response headers added by Fastify, this headers will be added to raw NodeJS response stream
      onDisconnectCb: () => {
        // ....
      }, // sometimes you need to perform some actions when user disconnects
    });
  },
});
`;

const SERVICE = `
// someService.ts

import { sendSSEToClient } from 'sse-service';

// ....

// some function that handles update from DB or whatever
const processUpdate = (update) => {
  const { userId, ...payload } = update;
  
  sendSSEToClient(userId, payload); // this will send payload to every connection that user with userId has
  
  // OR send update to all:

  sendSSEToAll(payload);
}; 
`;

let project: Project;

beforeAll(async () => {
	const fastify = join(import.meta.dirname, "../node_modules/fastify");
	project = await createProject({ packages: ["sse-service"], linked: { fastify } });
});

afterAll(() => project?.remove());

it("the documented example runs unchanged", async () => {
	project.write(
		"someService.mts",
		`import { sendSSEToAll } from "sse-service";
${SERVICE}
export { processUpdate };
`,
	);
	project.write(
		"server.mts",
		`import * as sse from "sse-service";
import { processUpdate } from "./someService.mjs";
${SERVER}
server.addHook("onRequest", async (_request, reply) => void reply.header("x-framework", "yes"));
server.get("/update", async () => processUpdate({ userId: "unique id", title: "Rain" }));
await server.listen({ port: 0, host: "127.0.0.1" });
`,
	);
	// The parameter of `processUpdate` has no type.
	const loosely = ["--skipLibCheck", "--noImplicitAny", "false"];
	expect(await project.compile(["someService.mts", "server.mts", ...loosely])).toBe("");
	const { url, terminate } = await project.start("server.mjs");
	const stream = await openStream(`${url}/sse`);
	expect(stream.headers).toMatchObject({
		"content-type": "text/event-stream",
		"x-framework": "yes",
	});
	await fetch(`${url}/update`);
	expect(await stream.take(2)).toEqual([
		{ data: '{"title":"Rain"}' },
		{ data: '{"title":"Rain"}' },
	]);
	stream.abort();
	await terminate();
});

it("requests that connectSSE refuses are answered once, and the program serves on", async () => {
	project.write(
		"refusing.mjs",
		`import { connectSSE, sendSSEToAll } from "sse-service";
import { fastify } from "fastify";

const server = fastify();
server.addHook("onRequest", async (_request, reply) => void reply.header("x-framework", "yes"));
server.get("/sse", async (req, res) => {
	connectSSE({ clientId: req.query.user, req: req.raw, res: res.raw, originalResHeaders: res.getHeaders() });
});
server.get("/say", async (req) => ({ reached: sendSSEToAll(req.query.text, req.query.type) }));
console.log(await server.listen({ port: 0, host: "127.0.0.1" }));
`,
	);
	const { url, terminate } = await project.start("refusing.mjs");
	for (const path of ["user=", `user=${"x".repeat(300)}`, "user=a&user=b"]) {
		const answer = await openStream(`${url}/sse?${path}`);
		expect(await answer.ended).toBe(true);
		expect([answer.status, answer.text]).toEqual([400, "ERR_SSE_INVALID_CLIENT_ID"]);
		expect(answer.headers["x-framework"]).toBe("yes");
	}
	expect(await (await fetch(`${url}/say`)).json()).toEqual({ reached: 0 });
	expect(await (await fetch(`${url}/say?text=a&type=a%0Ab`)).json()).toEqual({ reached: 0 });
	const lines = ["GET /sse HTTP/1.1", "Host: a", ""];
	const client = await openSocket(Number(new URL(url).port), [...lines, ...lines].slice(0, -1));
	await client.untilText(": open");
	expect(await (await fetch(`${url}/say?text=b`)).json()).toEqual({ reached: 1 });
	await client.untilText("data: b");
	client.abort();
	expect(await terminate()).toBe("SIGTERM");
});
