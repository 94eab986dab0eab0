import { mergeConfig } from "vitest/config";
import config from "./vitest.config.ts";

/** Every fault at every call, where `npm test` takes a sample. */
export default mergeConfig(config, { test: { dir: "test/faults", env: { BIA_FAULTS: "all" } } });
