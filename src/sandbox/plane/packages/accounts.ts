import { appendFile, readFile, writeFile } from "node:fs/promises";
import { parseOptions } from "../../shell/options.ts";
import type { OwnProgram } from "../process/command.ts";
import type { RootFolder } from "../process/root-folder.ts";
import type { Output } from "../process/shell.ts";

/** Options of Alpine's and Debian's programs together; what a user may do here is the same for all. */
const USER_OPTIONS = (
  "S|system D|disabled-password H|no-create-home M|m|create-home r n U|user-group N|no-user-group o|non-unique u|uid= g|gid= G|ingroup|groups= h|home|home-dir= " +
  "s|shell= c|comment|gecos= d= b|base-dir= k|skel= p|password= a|append l|no-log-init disabled-login allow-bad-names quiet f"
).split(" ");
const FIRST_ID = 1001;

/** `adduser`, `useradd`, `addgroup`, `groupadd` and the like: they write /etc/passwd and /etc/group of an image. */
export function accountPrograms(root: RootFolder): Record<string, OwnProgram> {
  const user: OwnProgram = (args, say) => addUser(args, root, say);
  const group: OwnProgram = (args, say) => addGroup(args, root, say);
  const change: OwnProgram = async () => 0;
  return { adduser: user, useradd: user, addgroup: group, groupadd: group, usermod: change, groupmod: change };
}

async function addUser(args: readonly string[], root: RootFolder, say: Output): Promise<number> {
  const { options, operands, unknown } = parseOptions(args, USER_OPTIONS);
  if (unknown !== undefined) return refuse(`the option ${unknown} of adduser`, say);
  const [name, group] = operands;
  if (name === undefined) return complain("adduser: Only one or two names allowed.", say, 1);
  const users = await entries(root, "passwd");
  const groups = await entries(root, "group");
  // `adduser user group` puts somebody into a group.
  if (group !== undefined && users.has(name))
    return groups.has(group) ? 0 : complain(`adduser: unknown group ${group}`, say, 1);
  if (users.has(name)) return complain(`adduser: user '${name}' in use`, say, 1);
  const uid = options.get("u") ?? String(freeId(users));
  const wanted = (options.get("G") ?? options.get("g") ?? "").split(",")[0] ?? "";
  const known = groups.get(wanted) ?? (/^\d+$/.test(wanted) ? wanted : undefined);
  if (wanted !== "" && known === undefined) return complain(`adduser: unknown group ${wanted}`, say, 1);
  const gid = known ?? uid;
  if (known === undefined) await appendFile(root.toHost("/etc/group"), `${name}:x:${gid}:\n`);
  const home = options.get("h") ?? options.get("d") ?? `/home/${name}`;
  await appendFile(root.toHost("/etc/passwd"), `${name}:x:${uid}:${gid}::${home}:${options.get("s") ?? "/bin/sh"}\n`);
  return 0;
}

async function addGroup(args: readonly string[], root: RootFolder, say: Output): Promise<number> {
  const { options, operands, unknown } = parseOptions(args, USER_OPTIONS);
  if (unknown !== undefined) return refuse(`the option ${unknown} of addgroup`, say);
  const [name, group] = operands;
  if (name === undefined) return complain("addgroup: Only one or two names allowed.", say, 1);
  const groups = await entries(root, "group");
  if (group !== undefined) return groups.has(group) ? 0 : complain(`addgroup: unknown group ${group}`, say, 1);
  if (groups.has(name)) return options.has("f") ? 0 : complain(`addgroup: group '${name}' in use`, say, 1);
  await appendFile(root.toHost("/etc/group"), `${name}:x:${options.get("g") ?? freeId(groups)}:\n`);
  return 0;
}

/** Names of a file of accounts with their ids; an image without the file gets one. */
async function entries(root: RootFolder, file: "passwd" | "group"): Promise<Map<string, string>> {
  const path = root.toHost(`/etc/${file}`);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) await writeFile(path, "");
  const lines = (text ?? "").split("\n").filter((line) => line !== "");
  return new Map(lines.map((line) => [line.split(":")[0] ?? "", line.split(":")[2] ?? ""]));
}

function freeId(known: ReadonlyMap<string, string>): number {
  const used = new Set(known.values());
  let id = FIRST_ID;
  while (used.has(String(id))) id += 1;
  return id;
}

function complain(why: string, say: Output, code: number): number {
  say(`${why}\n`, "stderr");
  return code;
}

function refuse(what: string, say: Output): number {
  return complain(`bia-infra sandbox: it does not emulate ${what} in images. On AWS it exists.`, say, 125);
}
