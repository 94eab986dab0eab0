import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";

/** The files of the pages, which esbuild.config.js bundles: the console, and the time line of one run. */
export type PageFile = "console.js" | "console.css" | "run.js" | "run.css";

/** @throws Error if the installation, or a checkout that was not built, lacks it */
export async function pageFile(name: PageFile): Promise<string> {
  let folder = import.meta.dirname;
  while (!existsSync(path.join(folder, "package.json")) && folder !== path.dirname(folder))
    folder = path.dirname(folder);
  const file = path.join(folder, "dist", "pages", name);
  return readFile(file, "utf8").catch(() => {
    throw new Error(`${file} is missing: install bia-infra again, or in a checkout run npm run build`);
  });
}
