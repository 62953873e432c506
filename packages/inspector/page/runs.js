// The runs: what is being produced, how long, for whom, and how it ended.
import { $, age, button, el, keyed, short, shown, whole } from "./dom.js";
import { change, get } from "./server.js";

const WORDS = { running: "running", done: "done", failed: "failed", cancelled: "cancelled" };
let mayCancel = false;

export function setRuns({ hasRuns, allow }) {
	$("runs").hidden = !hasRuns;
	mayCancel = hasRuns && allow.cancel;
	$("run-actions").hidden = !mayCancel;
	if (hasRuns) void drawRuns();
}

export async function drawRuns() {
	if ($("runs").hidden) return;
	const runs = await get("runs");
	if (runs === undefined) {
		$("runs-note").textContent = "The run store does not answer.";
		return;
	}
	$("runs-note").textContent = "";
	const counts = Object.keys(WORDS).map((state) => [
		state,
		runs.filter((run) => run.state === state).length,
	]);
	$("run-counts").replaceChildren(
		...counts
			.filter(([, count]) => count > 0)
			.map(([state, count]) => el("span", `kind ${state}`, `${whole(count)} ${WORDS[state]}`)),
	);
	$("no-runs").hidden = runs.length > 0;
	$("run-table").hidden = runs.length === 0;
	keyed($("run-rows"), runs, ({ attempt }) => attempt, make, fill);
}

function make({ id }) {
	const row = el("tr", "", el("th", "mono", shown(id)));
	row.firstChild.scope = "row";
	row.firstChild.title = shown(id);
	row.append(el("td", "", el("span", "kind")));
	for (let at = 0; at < 4; at++) row.append(el("td", "num"));
	row.append(el("td", "muted why"));
	if (mayCancel) {
		const cancel = button("Cancel", () => stop(id, cancel), "danger");
		cancel.setAttribute("aria-label", `Cancel ${shown(id)}`);
		row.append(el("td", "num actions-cell", cancel));
	}
	return row;
}

function fill(row, { state, isReleased, reason, error, startedAt, endedAt, ...run }) {
	const [, status, took, events, length, followers, why, cancel] = row.children;
	const isRunning = state === "running";
	status.firstChild.className = `kind ${state}`;
	status.firstChild.textContent = isReleased && isRunning ? "handed over" : WORDS[state];
	took.textContent = age((endedAt ?? Date.now()) - startedAt);
	events.textContent = whole(run.events);
	length.textContent = short(run.length);
	followers.textContent = whole(run.followers);
	const words = [reason, state === "failed" || isRunning ? error : undefined];
	why.textContent = words
		.filter((each) => each !== undefined && each !== "")
		.map(shown)
		.join(": ");
	why.title = why.textContent;
	if (cancel) cancel.firstChild.hidden = !isRunning;
}

async function stop(id, cancel) {
	cancel.disabled = true;
	await change("cancel", { id }).catch((error) => {
		$("runs-note").textContent = shown(error.message);
	});
	cancel.disabled = false;
	await drawRuns();
}
