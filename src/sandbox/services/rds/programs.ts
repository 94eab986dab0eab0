import { AwsError } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";

/** @throws AwsError where this computer has no program that could be a database of this engine */
export function checkProgram({ missingMysql }: World, engine: string | undefined): void {
  const install = engine === "mysql" ? missingMysql() : undefined;
  if (install === undefined) return;
  const why = "The sandbox's MySQL is the one that this computer has, or its MariaDB, and there is none.";
  throw new AwsError("SandboxLacksProgram", `${why} ${install}`, 501);
}
