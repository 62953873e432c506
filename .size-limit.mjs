// Minified and gzipped, with Node's own modules left out.
export default [
	// With nanoid in it, which the build bundles. 200 bytes end what else keeps a closed server: half requests, late answers,
	// sessions of HTTP/2. 400 bytes keep commands from connections that are past them in the log, 50 wait for a log that is
	// behind a client once and give clients JSON. 350 bytes answer the requests that connectSSE refuses, 60 pass on what Node 26
	// holds in a response, 160 send the head and the first bytes in two pieces where Node would take four. 280 replay to groups
	// joined after something was sent to them in the same turn, 260 refuse what closeWith, respond and targets ignored, hook into a
	// server once for all that ends with it, and show a client that rejoins its first group, 100 count calls of recover until they
	// have stopped, and 340 keep what is sent in that turn in its order. 100 take what is kept behind a loss for a client that begins
	// at the start. 220 close streams that are idle at once, take promises of what is piped, and send what precedes a close during
	// a replay. 40 send what middleware sends from within a write, and one gap for what a full socket drops. 10 call an array an
	// array. ARCHITECTURE.md says what the rest is for.
	limitOf("sse-service", "core", "32.8 kB"),
	// Without the sinks of Node's HTTP. 16 bytes went beyond 29.5 kB when runs gave entries to their only reader, and 140 beyond
	// 29.6 kB when the functions of 1.x no longer threw what requests cause, and 110 beyond 29.8 kB for shorter work per
	// connection. 400 as above.
	limitOf("sse-service/fetch", "core", "31.34 kB", {}, "fetch"),
	// What only a shared stream loads is a module of its own. 50 bytes wait in full for what `retry:` asks for,
	// and tell slow headers from a silent server. 90 refuse what no attempt could send, and 20 an id that is no text. 70 end with
	// whatever callback closes the stream, and keep secrets out of messages. 10 count lines in whole, and handle what a late
	// schema rejects.
	limitOf("@sse-service/client", "client", "6.3 kB", { external: ["./shared-source-*"] }),
	...[
		["ai", "5.51 kB"],
		// Its page may be served by one process and its stream come from another.
		["inspector", "10 kB"],
		// 140 bytes keep a loss until the store has it, and follow a stream beyond its end, until it is answered or lost. 110 follow it
		// through an outage and while an empty segment is replaced, and give no error to a call that was answered. 30 end what
		// is closed during a replay, and 180 notice that the store has lost what it had, also of a stream that was begun anew, and
		// show it to other processes. 80 give large messages more time over a slow link.
		["mcp", "5.54 kB"],
		// 60 bytes refuse misspelled options, and a group's name in place of an array of them.
		// 31 count a run that changes hands within the process, once.
		["metrics", "3.14 kB", "prometheus"],
		["metrics", "4 kB", "opentelemetry"],
		["fastify", "2 kB"],
		["express", "2 kB"],
		["hono", "2 kB"],
		["koa", "2 kB"],
		// 90 bytes ask by which key Nest knows a handler, and whether Nest answers for it, 40 also
		// where it was wrapped or bound, and leave it to the pipe what is no event. 10 name what Nest cannot inject.
		["nest", "5.15 kB"],
		// 130 bytes give large messages more time over a slow link, and what is behind them.
		["nats", "13.65 kB"],
		// Scripts are text, which no tool minifies: an event log, and runs with an inbox for each process that follows some.
		// 70 bytes ask for less at a time over a slow link, and warn where Redis may evict runs. 160 give large commands and answers
		// more time there, and 50 an event that is followed. 50 ask a replica whether there is no run: it refuses.
		["redis", "14.22 kB"],
	].map(([folder, limit, door]) =>
		// What it stands on is counted by itself.
		limitOf(
			["@sse-service", folder, ...(door ? [door] : [])].join("/"),
			folder,
			limit,
			{ packages: "external" },
			door,
		),
	),
];

function limitOf(name, folder, limit, bundling, door = "index") {
	return {
		name,
		path: `packages/${folder}/dist/${door}.js`,
		limit,
		gzip: true,
		modifyEsbuildConfig: (config) => ({ ...config, platform: "node", format: "esm", ...bundling }),
	};
}
