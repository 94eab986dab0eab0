import { readFile } from "node:fs/promises";
import { psql } from "../../../shell/psql.ts";
import { onThisComputer, readInput, refuseOption } from "./files.ts";

export async function runPsql(args: readonly string[]): Promise<number> {
  const code = await psql(args, {
    env: process.env,
    read: (path) => readFile(onThisComputer(path)),
    input: readInput,
    write: (stream, text) => void process[stream].write(text),
  });
  return typeof code === "number" ? code : refuseOption(code.unknown, "psql");
}
