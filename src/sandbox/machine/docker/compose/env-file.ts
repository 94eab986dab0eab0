import type { Process } from "../../program.ts";
import { envFile } from "../client.ts";

/** Variables of an env file as compose reads it, which unlike `docker run --env-file` takes quotes around values away. */
export async function unquotedEnvFile(path: string, process: Process): Promise<Record<string, string>> {
  const entries = Object.entries(await envFile(path, process));
  return Object.fromEntries(entries.map(([name, value]) => [name, value.replace(/^(["'])(.*)\1$/, "$2")]));
}
