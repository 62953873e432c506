import { defineConfig } from "tsup";
import { library, requireAnswersSSE } from "../../.ci/tsup.js";

export default defineConfig(library(requireAnswersSSE()));
