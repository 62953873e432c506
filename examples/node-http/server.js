/**
 * The process: says where the example listens, and ends it in an orderly way.
 */
import { createExample } from "./example.js";

const host = process.env.HOST || "127.0.0.1";
const port = process.env.PORT || "3000";
const example = createExample();

for (const signal of ["SIGINT", "SIGTERM"]) {
	process.once(signal, async () => {
		await example.close();
		process.exit(0);
	});
}

try {
	console.log(`Something to see: ${await example.listen(port, host)}`);
} catch (error) {
	const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
	console.error(
		code === "EADDRINUSE"
			? `Port ${port} is taken. Choose another one, for example PORT=3001 npm start`
			: `Cannot listen on ${host}, port ${port}: ${message}`,
	);
	process.exit(1);
}
