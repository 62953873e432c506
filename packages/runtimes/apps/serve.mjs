/**
 * Starts a server that a framework has built, where it takes its port from the environment: `node serve.mjs <port> <file> [args]`.
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [port, file] = process.argv.splice(2, 2);
Object.assign(process.env, { HOST: "127.0.0.1", PORT: port, NODE_ENV: "production" });
await import(pathToFileURL(resolve(file)).href);
