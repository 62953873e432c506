/**
 * The lamp: a site of its own, whose page asks the builds, from another origin, in the name of who is signed in there.
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
