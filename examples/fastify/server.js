/**
 * The process: the tracker, and on another port, which is another origin, the shop that shows parcels of its customers.
 */
import { createShop } from "./shop.js";
import { createTracker } from "./tracker.js";

const { HOST: host = "127.0.0.1", PORT = "3000", SHOP_PORT, PACE_MS = "4000" } = process.env;
const port = Number(PORT);

const shop = createShop();
const shopUrl = await shop.listen({
	host,
	port: SHOP_PORT === undefined ? port && port + 1 : Number(SHOP_PORT),
});
const tracker = createTracker({ shopUrl, paceMs: Number(PACE_MS) });
shop.trackerUrl = await tracker.listen({ host, port });
console.log(`Parcels: ${shop.trackerUrl}`);
console.log(`The shop, another origin: ${shopUrl}`);

for (const signal of ["SIGINT", "SIGTERM"]) {
	process.once(signal, async () => {
		await Promise.all([tracker.close(), shop.close()]);
	});
}
