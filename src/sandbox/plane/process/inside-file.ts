import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NAME = "container-inside.cjs";

/** The file to load into the processes of containers. From source it is bundled into `folder` first. */
export async function insideFile(folder: string): Promise<string> {
  const here = fileURLToPath(import.meta.url);
  if (here.endsWith(".ts")) return bundleFromSource(join(dirname(here), "inside", "main.ts"), folder);
  const candidates = [dirname(here), dirname(dirname(here))].map((place) => join(place, NAME));
  const file = candidates.find(existsSync);
  if (file === undefined) throw new Error(`${NAME} is missing beside ${here}: install bia-infra again`);
  return file;
}

async function bundleFromSource(entry: string, folder: string): Promise<string> {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    write: false,
  });
  const file = join(folder, NAME);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(file, outputFiles[0]?.contents ?? "");
  return file;
}
