import { defineConfig } from "vitest/config";
import { tests } from "../../.ci/vitest.js";

export default defineConfig({ test: tests });
