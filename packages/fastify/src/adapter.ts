/**
 * For adapters of frameworks on top of Fastify: opens a stream on a reply.
 */
export { type OpeningOptions, openOn } from "./opening.js";
