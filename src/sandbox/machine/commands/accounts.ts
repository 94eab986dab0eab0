import { parseOptions } from "../../shell/options.ts";
import {
  findGroup,
  findUser,
  type Group,
  groups,
  groupsOf,
  saveGroups,
  saveUsers,
  type User,
  users,
} from "../accounts.ts";
import { fail, notEmulated, ok, type Process, type Programs, type Result } from "../program.ts";

/** Exit codes of shadow-utils (useradd(8), usermod(8), groupadd(8)). */
const EXISTS = 9;
const MISSING = 6;
const SYNTAX = 2;

export const accountPrograms: Programs = {
  whoami: (_args, { user }) => ok(`${user.name}\n`),

  id(args, { system, user, fs }) {
    const { options, operands, unknown } = parseOptions(args, ["u|user", "g|group", "G|groups", "n|name"]);
    if (unknown) return notEmulated(`the option ${unknown} of id`);
    const [name] = operands;
    const about = name === undefined ? user : findUser(system.disk, name);
    if (!about) return fail(`id: '${name}': no such user\n`);
    // Without a name it tells of this process, which keeps the groups it was started with.
    const known = groups(system.disk);
    const member =
      name === undefined
        ? [...new Set(fs.who.groups)].map((gid) => known.find((group) => group.gid === gid) ?? { name: "", gid })
        : groupsOf(system.disk, about);
    const first = member[0] ?? { name: "", gid: about.gid };
    const shown = (entry: { name: string }, number: number) => (options.has("n") ? entry.name : String(number));
    if (options.has("u")) return ok(`${shown(about, about.uid)}\n`);
    if (options.has("g")) return ok(`${shown(first, first.gid)}\n`);
    if (options.has("G")) return ok(`${member.map((group) => shown(group, group.gid)).join(" ")}\n`);
    const list = member.map((group) => `${group.gid}(${group.name})`).join(",");
    return ok(`uid=${about.uid}(${about.name}) gid=${first.gid}(${first.name}) groups=${list}\n`);
  },

  groups([name], { system, user }) {
    const about = name === undefined ? user : findUser(system.disk, name);
    if (!about) return fail(`groups: '${name}': no such user\n`);
    const list = groupsOf(system.disk, about)
      .map((group) => group.name)
      .join(" ");
    return ok(name === undefined ? `${list}\n` : `${name} : ${list}\n`);
  },

  getent([database, ...keys], { system }) {
    const lines =
      database === "passwd" || database === "group"
        ? (system.disk.text(`/etc/${database}`) ?? "").split("\n")
        : undefined;
    if (!lines) return notEmulated(`getent ${database ?? ""}`.trim());
    const wanted = (line: string) => {
      const [name, , id] = line.split(":");
      return line !== "" && (keys.length === 0 || keys.some((key) => key === name || key === id));
    };
    const found = lines.filter(wanted);
    return { stdout: found.map((line) => `${line}\n`).join(""), stderr: "", exitCode: found.length > 0 ? 0 : 2 };
  },

  useradd(args, process) {
    const known = [
      "m|create-home",
      "M|no-create-home",
      "r|system",
      "s|shell=",
      "d|home-dir|home=",
      "u|uid=",
      "g|gid=",
      "G|groups=",
      "c|comment=",
      "U|user-group",
      "N|no-user-group",
    ];
    const { options, operands, unknown } = parseOptions(args, known);
    const [name] = operands;
    if (unknown || name === undefined) return fail(`useradd: invalid option -- '${unknown ?? ""}'\n`, SYNTAX);
    return refuseOthers("useradd", process) ?? addUser(name, options, process);
  },

  usermod(args, process) {
    const { options, operands, unknown } = parseOptions(args, [
      "a|append",
      "G|groups=",
      "g|gid=",
      "s|shell=",
      "d|home=",
      "c|comment=",
      "m|move-home",
    ]);
    const [name] = operands;
    if (unknown) return notEmulated(`the option ${unknown} of usermod`);
    if (name === undefined) return fail("Usage: usermod [options] LOGIN\n", SYNTAX);
    return refuseOthers("usermod", process) ?? changeUser(name, options, process);
  },

  userdel(args, process) {
    const { options, operands } = parseOptions(args, ["r|remove", "f|force"]);
    const [name] = operands;
    const { disk } = process.system;
    const user = users(disk).find((candidate) => candidate.name === name);
    const refused = refuseOthers("userdel", process);
    if (refused) return refused;
    if (!user) return fail(`userdel: user '${name ?? ""}' does not exist\n`, MISSING);
    saveUsers(
      disk,
      users(disk).filter((candidate) => candidate !== user && candidate.name !== user.name),
    );
    saveGroups(
      disk,
      groups(disk)
        .filter((group) => group.name !== user.name)
        .map((group) => without(group, user.name)),
    );
    if (options.has("r")) disk.remove(user.home);
    return ok();
  },

  groupadd(args, process) {
    const { options, operands, unknown } = parseOptions(args, ["f|force", "r|system", "g|gid="]);
    const [name] = operands;
    if (unknown || name === undefined) return fail("Usage: groupadd [options] GROUP\n", SYNTAX);
    const { disk } = process.system;
    const refused = refuseOthers("groupadd", process);
    if (refused) return refused;
    if (findGroup(disk, name))
      return options.has("f") ? ok() : fail(`groupadd: group '${name}' already exists\n`, EXISTS);
    const gid = Number(
      options.get("g") ??
        freeId(
          groups(disk).map((group) => group.gid),
          options.has("r"),
        ),
    );
    saveGroups(disk, [...groups(disk), { name, gid, members: [] }]);
    return ok();
  },

  groupdel([name], process) {
    const { disk } = process.system;
    const refused = refuseOthers("groupdel", process);
    if (refused) return refused;
    if (!groups(disk).some((group) => group.name === name)) {
      return fail(`groupdel: group '${name ?? ""}' does not exist\n`, MISSING);
    }
    saveGroups(
      disk,
      groups(disk).filter((group) => group.name !== name),
    );
    return ok();
  },
};

function refuseOthers(program: string, { user }: Process): Result | undefined {
  if (user.uid === 0) return undefined;
  return fail(`${program}: Permission denied.\n${program}: cannot lock /etc/passwd; try again later.\n`);
}

function addUser(name: string, options: ReadonlyMap<string, string>, { system }: Process): Result {
  const { disk } = system;
  if (findUser(disk, name)) return fail(`useradd: user '${name}' already exists\n`, EXISTS);
  const system_ = options.has("r");
  const uid = Number(
    options.get("u") ??
      freeId(
        users(disk).map((user) => user.uid),
        system_,
      ),
  );
  const first = options.get("g");
  const missing = [first, ...namesOf(options.get("G"))].find((group) => group !== undefined && !findGroup(disk, group));
  if (missing !== undefined) return fail(`useradd: group '${missing}' does not exist\n`, MISSING);
  if (first === undefined && findGroup(disk, name)) {
    return fail(`useradd: group ${name} exists - if you want to add this user to that group, use -g.\n`, EXISTS);
  }
  const gid = first === undefined ? uid : (findGroup(disk, first)?.gid ?? uid);
  if (first === undefined) saveGroups(disk, [...groups(disk), { name, gid, members: [] }]);
  const home = options.get("d") ?? `/home/${name}`;
  const shell = options.get("s") ?? "/bin/bash";
  saveUsers(disk, [...users(disk), { name, uid, gid, comment: options.get("c") ?? "", home, shell }]);
  join(name, namesOf(options.get("G")), system);
  if (options.has("m") || (!system_ && !options.has("M"))) disk.directory(home, { mode: 0o700, uid, gid });
  return ok();
}

function changeUser(name: string, options: ReadonlyMap<string, string>, { system }: Process): Result {
  const { disk } = system;
  const user = users(disk).find((candidate) => candidate.name === name);
  if (!user) return fail(`usermod: user '${name}' does not exist\n`, MISSING);
  const wanted = namesOf(options.get("G"));
  const first = options.get("g");
  const missing = [first, ...wanted].find((group) => group !== undefined && !findGroup(disk, group));
  if (missing !== undefined) return fail(`usermod: group '${missing}' does not exist\n`, MISSING);
  if (options.has("G") && !options.has("a")) {
    saveGroups(
      disk,
      groups(disk).map((group) => (wanted.includes(group.name) ? group : without(group, name))),
    );
  }
  join(name, wanted, system);
  const changed: User = {
    ...user,
    gid: first === undefined ? user.gid : (findGroup(disk, first)?.gid ?? user.gid),
    shell: options.get("s") ?? user.shell,
    home: options.get("d") ?? user.home,
    comment: options.get("c") ?? user.comment,
  };
  saveUsers(
    disk,
    users(disk).map((candidate) => (candidate.name === name ? changed : candidate)),
  );
  return ok();
}

function join(user: string, wanted: readonly string[], { disk }: Process["system"]): void {
  const joins = (group: Group) => wanted.includes(group.name) && !group.members.includes(user);
  saveGroups(
    disk,
    groups(disk).map((group) => (joins(group) ? { ...group, members: [...group.members, user] } : group)),
  );
}

function without(group: Group, user: string): Group {
  return { ...group, members: group.members.filter((member) => member !== user) };
}

function namesOf(list: string | undefined): string[] {
  return (list ?? "").split(",").filter((name) => name !== "");
}

/** The next id: people count up from 1000, the system's accounts down from 999 (/etc/login.defs). */
function freeId(taken: readonly number[], system: boolean): number {
  let id = system ? 999 : 1000;
  while (taken.includes(id)) id += system ? -1 : 1;
  return id;
}
