import { rm } from "node:fs/promises";
import { build } from "esbuild";

/**
 * Two bundles: the command line, split so that each command loads only what it needs, and the sandbox's daemon.
 * What stays outside (`external`) either carries data files of its own or is large and seldom loaded.
 */
const shared = {
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  outdir: "dist",
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: false,
  legalComments: "none",
  // Some dependencies are CommonJS and call require for Node's own modules.
  banner: { js: "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);" },
  external: ["jiti", "just-bash"],
  logLevel: "warning",
};

await rm("dist", { recursive: true, force: true });
await build({
  ...shared,
  entryPoints: { main: "src/main.ts", "sandbox-daemon": "src/sandbox/daemon-main.ts" },
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
});
