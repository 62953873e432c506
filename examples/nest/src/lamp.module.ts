/**
 * The lamp: a separate site, whose page calls the builds from another origin, as the user who is signed in there.
 */
import { Controller, Get, Module } from "@nestjs/common";

@Controller()
export class LampController {
	/** Where its page finds the builds. */
	buildsUrl = "";

	@Get("builds")
	builds() {
		return { url: this.buildsUrl };
	}
}

@Module({ controllers: [LampController] })
export class LampModule {}
