import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(import.meta.url);

/** From source: what this process has bundled, by its first file. */
const made = new Map<string, Promise<string>>();

/**
 * What runs in a process or thread of its own is bundled apart (esbuild.config.js).
 *
 * @param name of the bundle in an installation
 * @param entry its first file, seen from this folder
 * @returns the bundle's file; or its code, where this runs from source
 * @throws Error if the installation lacks it
 */
export async function bundled(name: string, entry: string): Promise<{ file: string } | { code: string }> {
  const here = dirname(HERE);
  if (HERE.endsWith(".ts")) {
    const code = made.get(entry) ?? bundle(join(here, entry));
    made.set(entry, code);
    return { code: await code };
  }
  const file = [here, dirname(here)].map((place) => join(place, name)).find(existsSync);
  if (file === undefined) throw new Error(`${name} is missing beside ${HERE}: install bia-infra again`);
  return { file };
}

async function bundle(entry: string): Promise<string> {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}
