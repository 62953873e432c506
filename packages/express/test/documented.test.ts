/**
 * The example for Express in the documentation of sse-service 1.0.9, to the letter, and around it what it leaves open.
 */
import { join } from "node:path";
import { openSocket, openStream } from "@sse-service/testing";
import { createProject, type Project } from "@sse-service/testing/project";
import { afterEach, expect, it } from "vitest";

const SERVER = `
var express = require('express')
var app = express()

app.get('/sse', function (req, res) {
  connectSSE({
    clientId: req.user.id, // this is a primary key of how your client connection could be retrieved, could be ommited, library will take care of creating unique id  
    // client id could be retrieved from the JWT token for example
    req,
    res,
    originalResHeaders: res.getHeaders(), // sometimes you need to pass through response headers added by Express, this headers will be added to raw NodeJS response stream
    onDisconnectCb: () => {
      // ... 
    }, // sometimes you need to perform some actions when user disconnects
  });
})

app.listen(3000);
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

/** An auth that sets `req.user`, and a port that is free in the place of the one in the example. */
const LEFT_OPEN = `
const { connectSSE } = require("sse-service");
const { application, request } = require("express");
Object.defineProperty(request, "user", {
	get() {
		return { id: this.get("X-User") };
	},
});
const listen = application.listen;
application.listen = function () {
	const server = listen.call(this, 0, "127.0.0.1", () => console.log("http://127.0.0.1:" + server.address().port));
};
`;

let project: Project | undefined;

afterEach(() => project?.remove());

const modules = join(import.meta.dirname, "../node_modules");

it.each([
	["5", "express"],
	["4", "express-4"],
])("the documented example runs unchanged on Express %s", async (_version, folder) => {
	project = await createProject({
		packages: ["sse-service"],
		linked: { express: join(modules, folder) },
	});
	project.write(
		"someService.cts",
		`import { sendSSEToAll } from "sse-service";
${SERVICE}
export { processUpdate };
`,
	);
	const loosely = ["--skipLibCheck", "--noImplicitAny", "false"];
	expect(await project.compile(["someService.cts", ...loosely])).toBe("");
	project.write(
		"server.cjs",
		`${LEFT_OPEN}
${SERVER}
const { processUpdate } = require("./someService.cjs");
app.get("/update", (req, res) => {
	processUpdate({ userId: "ada", title: "Rain" });
	res.end();
});
`,
	);
	const { url, terminate } = await project.start("server.cjs");
	const stream = await openStream(`${url}/sse`, { headers: { "X-User": "ada" } });
	expect(stream.headers).toMatchObject({
		"content-type": "text/event-stream",
		"x-powered-by": "Express",
	});
	await fetch(`${url}/update`);
	expect(await stream.take(2)).toEqual([
		{ data: '{"title":"Rain"}' },
		{ data: '{"title":"Rain"}' },
	]);
	stream.abort();
	await terminate();
});

// What nobody catches in an `async` handler of Express 4 ends the process.
it.each([
	["5", "express"],
	["4", "express-4"],
])("no request ends an async program of 1.x on Express %s", async (_version, folder) => {
	project = await createProject({
		packages: ["sse-service"],
		linked: { express: join(modules, folder) },
	});
	project.write(
		"server.cjs",
		`const { connectSSE, getClientObj, sendSSEToClient, setClientMetadata } = require("sse-service");
const app = require("express")();

app.get("/sse", async (req, res) => {
	await Promise.resolve();
	connectSSE({ clientId: req.query.user, groupName: req.query.group, req, res, originalResHeaders: res.getHeaders() });
});

app.get("/say", async (req, res) => {
	await Promise.resolve();
	const { to, text, type, id, meta } = req.query;
	const reached = sendSSEToClient(to, text, type, undefined, id);
	setClientMetadata(to, meta);
	res.send({ reached, isHere: getClientObj(to) !== undefined });
});

const server = app.listen(0, "127.0.0.1", () => console.log("http://127.0.0.1:" + server.address().port));
`,
	);
	const { url, terminate } = await project.start("server.cjs");
	const long = "x".repeat(300);
	const paths = ["user=", `user=${long}`, "user=a&user=b", "group=", `group=${long}`];
	for (const path of paths) {
		const answer = await openStream(`${url}/sse?${path}`);
		expect(await answer.ended).toBe(true);
		expect([answer.status, answer.text]).toEqual([
			400,
			path.startsWith("user") ? "ERR_SSE_INVALID_CLIENT_ID" : "ERR_SSE_INVALID_GROUP",
		]);
		expect(answer.headers["x-powered-by"]).toBe("Express");
	}
	for (const path of ["to=", `to=${long}&text=a`, "to=ada", "to=ada&text=a&type=a%0Ab", "id=%00"]) {
		const answer = await fetch(`${url}/say?${path}`);
		expect(await answer.json()).toEqual({ reached: 0, isHere: false });
	}
	const lines = ["GET /sse?user=ada HTTP/1.1", "Host: a", ""];
	const client = await openSocket(Number(new URL(url).port), [...lines, ...lines].slice(0, -1));
	await client.untilText(": open");
	const answer = await fetch(`${url}/say?to=ada&text=a&meta=b`);
	expect(await answer.json()).toEqual({ reached: 1, isHere: true });
	await client.untilText("data: a");
	client.abort();
	expect(await terminate()).toBe("SIGTERM");
});
