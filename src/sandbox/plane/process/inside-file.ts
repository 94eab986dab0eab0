import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundled } from "../bundled.ts";

const NAME = "container-inside.cjs";

/** The file to load into the processes of containers. From source it is written into `folder` first. */
export async function insideFile(folder: string): Promise<string> {
  const bundle = await bundled(NAME, "process/inside/main.ts");
  if ("file" in bundle) return bundle.file;
  const file = join(folder, NAME);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(file, bundle.code);
  return file;
}
