export { type Complaints, collectComplaints } from "./complaints.js";
export {
	CUTS,
	type CuttingProxy,
	type CuttingProxyOptions,
	startCuttingProxy,
} from "./cutting-proxy.js";
export { freePort, freePorts } from "./free-ports.js";
export { measureIdle } from "./idle-time.js";
export { isLongRun, sizeOf } from "./long-run.js";
export { createRandom, type Random } from "./random.js";
export { type Handler, type Protocol, startServer, type TestServer } from "./server.js";
export { openBlockedReader, openSocket, type TestSocket } from "./socket.js";
export { type OpenOptions, openStream, type ReceivedEvent, type TestStream } from "./stream.js";
export { eventually, inTime, passUntil, settled } from "./waiting.js";
