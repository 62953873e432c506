/**
 * Signing in and out, by a signed cookie.
 */
import {
	Body,
	Controller,
	Delete,
	Get,
	HttpCode,
	Post,
	Req,
	Res,
	UnauthorizedException,
} from "@nestjs/common";
import { SseService } from "@sse-service/nest";
import type { Request, Response } from "express";
import { Public } from "./session.guard.js";
import { COOKIE, userOf, users } from "./users.js";

@Controller("session")
export class SessionController {
	constructor(private readonly sse: SseService) {}

	@Get()
	@Public()
	who(@Req() request: Request) {
		return { user: userOf(request) ?? null };
	}

	@Post()
	@Public()
	signIn(
		@Body("name") name: unknown,
		@Body("password") password: unknown,
		@Res({ passthrough: true }) response: Response,
	) {
		const user = users.find((each) => each.name === name && password === name);
		if (user === undefined) throw new UnauthorizedException("Wrong name or password");
		// Strict: no page of another site can send it along. Over HTTPS it would be `secure`, too.
		response.cookie(COOKIE, user.name, { signed: true, httpOnly: true, sameSite: "strict" });
		return { user };
	}

	@Delete()
	@HttpCode(204)
	signOut(@Req() { user }: Request, @Res({ passthrough: true }) response: Response) {
		response.clearCookie(COOKIE);
		// A stream was let in once, when it was opened. Each tab opens it again, and those without the cookie are refused.
		this.sse.disconnect({ client: user.name }, "signed out");
	}
}
