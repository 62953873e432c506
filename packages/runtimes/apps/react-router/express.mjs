/**
 * React Router in an Express server of one's own, which shows loaders Node's response.
 */
import { createRequestHandler } from "@react-router/express";
import express from "express";
import { RouterContextProvider } from "react-router";
import * as build from "./build/server/index.js";
import { outgoing } from "./outgoing.mjs";

const getLoadContext = (_req, res) => new RouterContextProvider(new Map([[outgoing, res]]));

const server = express()
	.use(createRequestHandler({ build, getLoadContext }))
	.listen(Number(process.env.PORT), process.env.HOST);
process.once("SIGTERM", () => server.close());
