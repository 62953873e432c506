/**
 * The process: starts the cluster, says where it is, and ends all of it.
 */
import { createCluster } from "./cluster.js";

const host = process.env.HOST || "127.0.0.1";
const port = process.env.PORT || "3000";
const cluster = createCluster();

// SIGHUP: the terminal is closed. Of what nothing can be heard, SIGKILL, the children see to it themselves.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
	process.once(signal, async () => {
		await cluster.close();
		process.exit(0);
	});
}

try {
	console.log(`Three processes, one log: ${await cluster.listen(port, host)}`);
} catch (error) {
	const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
	await cluster.close();
	console.error(
		code === "EADDRINUSE"
			? `Port ${port} is taken. Choose another one, for example PORT=3001 npm start cluster`
			: `It does not start: ${message}`,
	);
	process.exit(1);
}
