import { defineConfig } from "tsup";
import { library } from "../../.ci/tsup.js";

// The page is read from its folder, whichever form was loaded.
export default defineConfig(library({ shims: true }));
