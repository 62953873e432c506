// The drawer: one client or group, its timeline, and what may be done to it.
import { $, age, button, bytes, el, entryOf, hasLine, setFacts, shown } from "./dom.js";
import { change, get } from "./server.js";

let allow = {};
/** Other processes are asked, too. */
let isShared = false;
/** What is shown: `{ client }` with one of its connections, or `{ group }`. */
let subject;
let timer;

export function setAllowed(hello) {
	isShared = hello.isShared;
	allow = hello.allow;
	$("compose").hidden = !allow.send;
	if ($("drawer").open) showActions();
}

export function openConnection(row) {
	open({ client: row.client, row });
}

export function openClient(client) {
	open({ client });
}

export function openGroup(group) {
	open({ group });
}

function open(of) {
	subject = of;
	const { client, group } = of;
	$("drawer-title").textContent = shown(client ?? group);
	$("timeline").replaceChildren();
	setFacts($("facts"), group === undefined ? {} : { Kind: "Group" });
	showActions();
	if (!$("drawer").open) $("drawer").showModal();
	void refresh();
	clearInterval(timer);
	timer = setInterval(refresh, 2_000);
}

function showActions() {
	const { client, group, row } = subject;
	const actions = [];
	if (allow.send) {
		actions.push(
			button(
				"Send a test event",
				() => compose(client === undefined ? "group" : "client", client ?? group),
				"primary",
			),
		);
	}
	if (allow.disconnect && client !== undefined) {
		const say = el("span", "muted");
		say.setAttribute("role", "status");
		const end = async (body) => {
			say.textContent = await change("disconnect", body).then(
				(reached) => ended(reached, body.key),
				(error) => shown(error.message),
			);
			void refresh();
		};
		if (row !== undefined)
			actions.push(button("Disconnect this stream", () => end({ key: row.key }), "danger"));
		actions.push(
			button("Disconnect client", () => end({ client }), "danger"),
			say,
		);
	}
	$("actions").replaceChildren(...actions);
}

function ended(reached, key) {
	if (!isShared) return `Ended ${reached}`;
	if (key === undefined) return `Ended ${reached} here; the other processes have been asked`;
	return reached > 0 ? `Ended ${reached}` : "Its process has been asked";
}

async function refresh() {
	const mine = subject;
	const { client, group } = mine;
	const by = client === undefined ? { group } : { client };
	const process = isShared ? { process: "all" } : {};
	const entries = await get("timeline", { ...by, ...process });
	if (entries === undefined || mine !== subject) return;
	const query = { q: client ?? group, limit: "200", ...process };
	const { rows, total } = (await get("connections", query)) ?? { rows: [], total: 0 };
	if (mine !== subject) return;
	const own = rows.filter((row) =>
		client === undefined ? row.groups.includes(group) : row.client === client,
	);
	const one =
		own.find(({ key }) => key === mine.row?.key) ??
		(mine.row === undefined ? own.at(-1) : undefined);
	const ended = entries.find(({ kind }) => kind === "close");
	setFacts($("facts"), {
		"Open connections":
			client === undefined && total > own.length
				? `${own.length} of the first ${rows.length}`
				: String(own.length),
		Groups: one && client !== undefined ? one.groups.map(shown).join(", ") || "none" : undefined,
		Age: one && client !== undefined ? age(Date.now() - one.openedAt) : undefined,
		Process: one?.process && client !== undefined ? shown(one.process) : undefined,
		Waiting: bytes(own.reduce((sum, { buffered }) => sum + buffered, 0)).join(" "),
		"Last event id":
			one && client !== undefined
				? one.lastEventId === undefined
					? "none: a first connection"
					: shown(one.lastEventId)
				: undefined,
		"Last close": ended && shown(ended.text),
	});
	if (entries.length === 0)
		$("timeline").replaceChildren(el("li", "muted", "Nothing is remembered."));
	else $("timeline").replaceChildren(...entries.filter(hasLine).map((entry) => entryOf(entry)));
}

function compose(kind = "all", name = "") {
	$("to-kind").value = kind;
	$("to-name").value = name;
	$("note").textContent = "";
	showKind();
	$("sheet").showModal();
}

function showKind() {
	$("to-name-label").hidden = $("to-kind").value === "all";
	$("to-name-label").style.display = $("to-kind").value === "all" ? "none" : "";
}

$("to-kind").addEventListener("change", showKind);
$("compose").addEventListener("click", () => compose());
$("cancel").addEventListener("click", () => $("sheet").close());
$("close").addEventListener("click", () => $("drawer").close());
$("drawer").addEventListener("close", () => clearInterval(timer));
$("drawer").addEventListener("click", (event) => {
	// Outside of it.
	if (event.target === $("drawer") && event.clientX < $("drawer").getBoundingClientRect().left)
		$("drawer").close();
});
$("form").addEventListener("submit", async (event) => {
	event.preventDefault();
	const kind = $("to-kind").value;
	const target = kind === "all" ? "all" : { [kind]: $("to-name").value };
	const note = $("note");
	try {
		const reached = await change("send", {
			target,
			event: $("to-event").value,
			data: $("to-data").value,
		});
		note.className = "note";
		const count = `${reached} ${reached === 1 ? "connection" : "connections"}`;
		note.textContent = isShared
			? `Handed to ${count} of one process, and to those of the others.`
			: `Handed to ${count}.`;
	} catch (error) {
		note.className = "note bad";
		note.textContent = shown(error.message);
	}
});
