import { defineConfig } from "vitest/config";
import { tests } from "../../.ci/vitest.js";

export default defineConfig({
	// Apart from other packages: its tests count the timers of their process, and some of theirs may still be set.
	test: { ...tests },
});
