import { execFileSync } from "node:child_process";
import path from "node:path";

/** Builds the command line once before the tests that run it as a process. */
export default function build(): void {
  const root = path.resolve(import.meta.dirname, "../..");
  execFileSync(process.execPath, ["esbuild.config.js"], { cwd: root, stdio: "inherit" });
}
