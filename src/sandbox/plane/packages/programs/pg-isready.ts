import { parseOptions } from "../../../shell/options.ts";
import { greet } from "../../postgres/ready.ts";
import { refuseOption } from "./files.ts";

/** Exit codes and words of https://www.postgresql.org/docs/current/app-pg-isready.html */
export async function runPgIsReady(args: readonly string[]): Promise<number> {
  const known = ["h|host=", "p|port=", "U|username=", "d|dbname=", "q|quiet", "t|timeout="];
  const { options, unknown } = parseOptions(args, known);
  if (unknown !== undefined) return refuseOption(unknown, "pg_isready");
  const { PGHOST = "", PGPORT = "5432", PGUSER = "postgres", PGDATABASE = PGUSER } = process.env;
  const host = options.get("h") ?? PGHOST;
  const port = Number(options.get("p") ?? PGPORT);
  const greeting = await greet(port, options.get("U") ?? PGUSER, options.get("d") ?? PGDATABASE, host || "127.0.0.1");
  const isRejecting = greeting.kind === "error" && greeting.code === "57P03";
  const state =
    greeting.kind === "silent" ? "no response" : isRejecting ? "rejecting connections" : "accepting connections";
  if (!options.has("q")) process.stdout.write(`${host || "/var/run/postgresql"}:${port} - ${state}\n`);
  return greeting.kind === "silent" ? 2 : isRejecting ? 1 : 0;
}
