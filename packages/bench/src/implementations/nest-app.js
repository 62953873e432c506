// A Nest app on Express with one controller. Decorators are functions, and are called as such.

import "reflect-metadata";

/**
 * @param {import("@nestjs/common").ModuleMetadata["imports"]} imports
 * @param {new () => { events(...args: never[]): unknown }} controller
 * @param {(prototype: object, name: "events", method: PropertyDescriptor) => void} decorate its method
 * @returns {Promise<import("node:http").Server>}
 */
export async function createNestServer(imports, controller, decorate) {
	const [{ Controller, Module }, { NestFactory }] = await Promise.all([
		import("@nestjs/common"),
		import("@nestjs/core"),
	]);
	const { prototype } = controller;
	const method = Object.getOwnPropertyDescriptor(prototype, "events") ?? {};
	decorate(prototype, "events", method);
	// As the compiler does: a decorator may have put another method in its place.
	Object.defineProperty(prototype, "events", method);
	Controller()(controller);

	class AppModule {}
	Module({ imports: imports ?? [], controllers: [controller] })(AppModule);
	const app = await NestFactory.create(AppModule, { logger: false });
	await app.init();
	return app.getHttpServer();
}
