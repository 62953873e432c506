import { sse } from "@sse-service/express";
import express from "express";
import { sendSSEToAll } from "sse-service";
import { options, serve } from "./event-log.mjs";

const app = express();
app.use(sse(options));
app.get("/events", (_req, res) => void res.sse());
const server = app.listen(0, "127.0.0.1", () => serve(server.address().port, sendSSEToAll));
