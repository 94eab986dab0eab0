import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { copyTree, handOver, publish } from "../database-home.ts";
import { run } from "../database-program.ts";
import { startFailed } from "./error.ts";
import type { Programs } from "./programs.ts";

/** The folder of a server's data in its home. */
export const DATA = "mysql-data";

/** Sizes of a server for one person: a new one has 100 MB of log otherwise. `loose`: each of the two knows its own. */
export const SMALL = [
  "--innodb-buffer-pool-size=32M",
  "--loose-innodb-log-file-size=8M",
  "--loose-innodb-redo-log-capacity=8M",
];

/** Makes a new server's data in `home`, a copy of prepared ones in `cache`. @throws MysqlError */
export async function makeData(programs: Programs, cache: string, home: string): Promise<void> {
  const template = await makeTemplate(programs, cache);
  const unfinished = join(home, `${DATA}-unfinished`);
  await rm(unfinished, { recursive: true, force: true });
  await copyTree(template, unfinished);
  await rename(unfinished, join(home, DATA));
}

/** One at a time, for each place: several databases may be made at once. */
const templates = new Map<string, Promise<string>>();

function makeTemplate(programs: Programs, cache: string): Promise<string> {
  const template = join(cache, `template-${programs.flavor.toLowerCase()}-${programs.version}`);
  const made = templates.get(template) ?? initialise(programs, cache, template);
  templates.set(template, made);
  made.catch(() => {}).finally(() => templates.delete(template));
  return made;
}

/** Under another name first: an interrupted one must not pass for a finished one. */
async function initialise({ server, install }: Programs, cache: string, template: string): Promise<string> {
  if (existsSync(template)) return template;
  const unfinished = `${template}-unfinished-${randomBytes(4).toString("hex")}`;
  try {
    await mkdir(unfinished, { mode: 0o700 });
    await handOver(unfinished);
    const common = ["--no-defaults", `--datadir=${unfinished}`, ...SMALL];
    const { code, lines } =
      install === undefined
        ? await run(server, [...common, "--initialize-insecure"], cache)
        : // `force`: whether this computer's name can be looked up is of no interest.
          await run(
            install,
            [...common, "--auth-root-authentication-method=normal", "--skip-test-db", "--force"],
            cache,
          );
    if (code !== 0) throw startFailed(cache, lines);
    await publish(unfinished, template);
    return template;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
