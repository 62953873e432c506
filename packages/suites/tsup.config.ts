import { defineConfig } from "tsup";
import { library } from "../../.ci/tsup.js";

// As vitest is.
export default defineConfig(library({ format: ["esm"] }));
