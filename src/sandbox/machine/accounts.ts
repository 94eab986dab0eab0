import type { Disk } from "./disk.ts";
import type { Credentials } from "./file-system.ts";

/** A line of /etc/passwd. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
}

/** A line of /etc/group. */
export interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** All users, as /etc/passwd lists them at this moment. */
export function users(disk: Disk): User[] {
  return records(disk, "/etc/passwd").map(([name = "", , uid, gid, comment = "", home = "/", shell = ""]) => ({
    name,
    uid: Number(uid),
    gid: Number(gid),
    comment,
    home,
    shell,
  }));
}

/** All groups, as /etc/group lists them at this moment. */
export function groups(disk: Disk): Group[] {
  return records(disk, "/etc/group").map(([name = "", , gid, members = ""]) => ({
    name,
    gid: Number(gid),
    members: members.split(",").filter((member) => member !== ""),
  }));
}

export function findUser(disk: Disk, nameOrId: string): User | undefined {
  return users(disk).find(({ name, uid }) => name === nameOrId || String(uid) === nameOrId);
}

export function findGroup(disk: Disk, nameOrId: string): Group | undefined {
  return groups(disk).find(({ name, gid }) => name === nameOrId || String(gid) === nameOrId);
}

/** Groups of a user, the first one (of /etc/passwd) first. */
export function groupsOf(disk: Disk, user: User): Group[] {
  const all = groups(disk);
  const first = all.filter(({ gid }) => gid === user.gid);
  return [...first, ...all.filter(({ gid, members }) => gid !== user.gid && members.includes(user.name))];
}

/** What a process gets that is started for `user` now. Later changes of /etc/group do not reach it, as on Linux. */
export function credentialsOf(disk: Disk, user: User): Credentials {
  return { uid: user.uid, gid: user.gid, groups: [user.gid, ...groupsOf(disk, user).map(({ gid }) => gid)] };
}

export function saveUsers(disk: Disk, all: readonly User[]): void {
  const lines = all.map(({ name, uid, gid, comment, home, shell }) =>
    [name, "x", uid, gid, comment, home, shell].join(":"),
  );
  disk.write("/etc/passwd", `${lines.join("\n")}\n`);
}

export function saveGroups(disk: Disk, all: readonly Group[]): void {
  const lines = all.map(({ name, gid, members }) => [name, "x", gid, members.join(",")].join(":"));
  disk.write("/etc/group", `${lines.join("\n")}\n`);
}

/** Makes a group unless it is there. */
export function ensureGroup(disk: Disk, name: string, gid: number): void {
  if (!findGroup(disk, name)) saveGroups(disk, [...groups(disk), { name, gid, members: [] }]);
}

function records(disk: Disk, path: string): string[][] {
  const lines = (disk.text(path) ?? "").split("\n");
  return lines.filter((line) => line !== "").map((line) => line.split(":"));
}
