// What an open page of the inspector and a Prometheus ask of a server, without the drawing: `node watcher-process.js URL`. It says
// "open" when its stream is.

const url = process.argv[2] ?? "";

/** @param {string} path */
const read = (path) =>
	fetch(`${url}${path}`)
		.then((answer) => answer.text())
		.catch(end);

/** The server has ended. */
const end = () => process.exit();

process.once("disconnect", end);
const stream = await fetch(`${url}/inspector/stream`);
process.send?.("open");
setInterval(() => void read("/inspector/connections?limit=100&desc=1"), 2_000);
setInterval(() => void read("/inspector/groups"), 5_000);
setInterval(() => void read("/metrics"), 5_000);
stream.body?.pipeTo(new WritableStream()).then(end, end);
