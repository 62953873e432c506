/**
 * What adapters of frameworks on top of Fastify import: the opening of a stream on a reply.
 */
export { type OpeningOptions, openOn } from "./opening.js";
