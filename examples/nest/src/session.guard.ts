/**
 * The guards: a user who is not signed in reaches only the routes marked `@Public()`, and to those marked
 * `@OpsOnly()` only ops does. They answer before a stream opens, as on any route.
 */
import {
	type CanActivate,
	type ExecutionContext,
	Injectable,
	UnauthorizedException,
} from "@nestjs/common";
import { Reflector } from "@nestjs/core";
import type { Request } from "express";
import { userOf } from "./users.js";

export const Public = Reflector.createDecorator<undefined, boolean>({ transform: () => true });
export const OpsOnly = Reflector.createDecorator<undefined, boolean>({ transform: () => true });

@Injectable()
export class SessionGuard implements CanActivate {
	constructor(private readonly reflector: Reflector) {}

	canActivate(context: ExecutionContext): boolean {
		const handler = context.getHandler();
		if (this.reflector.get(Public, handler)) return true;
		const request = context.switchToHttp().getRequest<Request>();
		const user = userOf(request);
		if (user === undefined) throw new UnauthorizedException("Sign in first");
		request.user = user;
		return user.role === "ops" || !this.reflector.get(OpsOnly, handler);
	}
}
