import { defineConfig } from "tsup";
import { library } from "../../.ci/tsup.js";

export default defineConfig(library());
