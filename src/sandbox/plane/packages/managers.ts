import { existsSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseOptions } from "../../shell/options.ts";
import { packLayer, unpackLayer } from "../image/layer.ts";
import type { OwnProgram } from "../process/command.ts";
import type { RootFolder } from "../process/root-folder.ts";
import type { Output } from "../process/shell.ts";
import { accountPrograms } from "./accounts.ts";
import { commandsIn, working } from "./catalogue.ts";
import { filesOf } from "./commands.ts";
import { AMAZON_LINUX } from "./places.ts";

/** A package manager at work in the folder of an image or a container. */
interface Place {
  readonly root: RootFolder;
  readonly isRoot: boolean;
  readonly say: Output;
}

type Manager = (args: readonly string[], place: Place) => Promise<number>;

/**
 * The programs of an image's system that change it. Package managers download nothing: what a package of the built-in list brings is put in its
 * place (see catalogue.ts), and what is not on the list is refused by name.
 *
 * @param user whom the image's processes belong to
 */
export function packageManagers(root: RootFolder, user: string): Record<string, OwnProgram> {
  const isRoot = /^(root|0)?(:|$)/.test(user);
  const own = (manager: Manager): OwnProgram => {
    return (args, say) => manager(args, { root, isRoot, say });
  };
  const accounts = accountPrograms(root);
  if (isAlpine(root)) return { ...accounts, apk: own(apk) };
  if (root.exists(AMAZON_LINUX)) return { ...accounts, dnf: own(dnf), yum: own(dnf) };
  return root.exists("/etc/debian_version") ? { ...accounts, "apt-get": own(apt), apt: own(apt) } : {};
}

export function isAlpine(root: RootFolder): boolean {
  return root.exists("/etc/alpine-release");
}

/** As apt-get(8) ends when it could not do what it was asked to. */
const APT_ERROR = 100;
/** Where apt keeps what `apt-get update` has fetched; slim images come without it. */
const APT_LISTS = "/var/lib/apt/lists";
const APT_OPTIONS = (
  "y|yes|assume-yes q|quiet qq no-install-recommends no-install-suggests install-recommends fix-missing f|fix-broken allow-unauthenticated " +
  "allow-downgrades allow-change-held-packages allow-releaseinfo-change only-upgrade reinstall purge auto-remove autoremove force-yes o|option= " +
  "t|target-release= no-upgrade show-progress"
).split(" ");

const apt: Manager = async (args, place) => {
  const { options, operands, unknown } = parseOptions(args, APT_OPTIONS);
  const [verb = "", ...names] = operands;
  const { root, isRoot, say } = place;
  if (unknown !== undefined) return refuse(`the option ${unknown} of apt-get`, say);
  const lists = root.toHost(APT_LISTS);
  const changes = [
    "update",
    "install",
    "reinstall",
    "remove",
    "purge",
    "upgrade",
    "dist-upgrade",
    "full-upgrade",
    "autoremove",
  ];
  if (changes.includes(verb) && !isRoot) {
    const lock = verb === "update" ? `${APT_LISTS}/lock` : "/var/lib/dpkg/lock-frontend";
    say(`E: Could not open lock file ${lock} - open (13: Permission denied)\n`, "stderr");
    return APT_ERROR;
  }
  switch (verb) {
    case "update":
      await mkdir(lists, { recursive: true });
      await writeFile(join(lists, "bia-infra-sandbox_Packages"), "");
      say("Hit:1 http://deb.debian.org/debian bookworm InRelease\nReading package lists...\n", "stdout");
      return 0;
    case "install":
    case "reinstall": {
      const isListed = existsSync(lists) && (await readdir(lists)).length > 0;
      const missing = names.filter((name) => !isListed || commandsIn(plainName(name)) === undefined);
      if (missing.length > 0) return locateNone(missing, isListed, say);
      if (!options.has("y") && !options.has("qq") && names.length > 0) {
        say("Do you want to continue? [Y/n] Abort.\n", "stdout");
        return 1;
      }
      await install(names.map(plainName), place);
      return 0;
    }
    case "remove":
    case "purge":
      await remove(names.map(plainName), place);
      return 0;
    case "upgrade":
    case "dist-upgrade":
    case "full-upgrade":
    case "autoremove":
    case "auto-remove":
    case "clean":
    case "autoclean":
    case "check":
      if (verb.endsWith("upgrade")) say("0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n", "stdout");
      return 0;
    case "":
      say("apt 2.6.1 (amd64)\n", "stdout");
      return 0;
    default:
      if (/^(source|build-dep|download|changelog|indextargets|list|show|search|policy|edit-sources)$/.test(verb)) {
        return refuse(`apt-get ${verb}`, say);
      }
      say(`E: Invalid operation ${verb}\n`, "stderr");
      return APT_ERROR;
  }
};

/** `curl=7.88.1-10` and `curl/bookworm` name a version, `curl:amd64` an architecture. */
function plainName(name: string): string {
  return name.replace(/[=/:].*$/, "");
}

function locateNone(names: readonly string[], isListed: boolean, say: Output): number {
  for (const name of names) say(`E: Unable to locate package ${plainName(name)}\n`, "stderr");
  if (isListed) unlisted(names.map(plainName), say);
  return APT_ERROR;
}

function unlisted(names: readonly string[], say: Output): void {
  const what = names.length === 1 ? `a package ${names[0]}` : `packages ${names.join(", ")}`;
  say(`bia-infra sandbox: its built-in list has not ${what}; where the internet is, there may be one.\n`, "stderr");
}

const APK_OPTIONS = (
  "U|update-cache no-cache t|virtual= q|quiet v|verbose u|upgrade l|latest X|repository= allow-untrusted update no-progress f|force rdepends " +
  "purge a|available i|interactive no-scripts wait="
).split(" ");
/** Where a name stands for packages that are removed together. */
const VIRTUAL = "/lib/apk/virtual";

const apk: Manager = async (args, place) => {
  const { options, operands, unknown } = parseOptions(args, APK_OPTIONS);
  const [verb = "", ...names] = operands;
  const { root, isRoot, say } = place;
  if (unknown !== undefined) return refuse(`the option ${unknown} of apk`, say);
  if (["add", "del", "update", "upgrade", "fix"].includes(verb) && !isRoot) {
    say(
      "ERROR: Unable to lock database: Permission denied\nERROR: Failed to open apk database: Permission denied\n",
      "stderr",
    );
    return 99;
  }
  const plain = names.map((name) => name.replace(/[@=<>~!].*$/, ""));
  const virtual = options.get("t");
  if (verb === "add") {
    const missing = plain.filter((name) => commandsIn(name) === undefined);
    if (missing.length > 0) {
      const lines = missing.map((name) => `  ${name} (no such package):\n    required by: world[${name}]\n`);
      say(`ERROR: unable to select packages:\n${lines.join("")}`, "stderr");
      unlisted(missing, say);
      return missing.length;
    }
    if (virtual !== undefined) {
      await mkdir(root.toHost(VIRTUAL), { recursive: true });
      await writeFile(root.toHost(`${VIRTUAL}/${virtual}`), plain.join(" "));
    }
    await install(plain, place);
    say("OK: 10 MiB in 20 packages\n", "stdout");
    return 0;
  }
  if (verb === "del") {
    // What the packages of a virtual one brought stays: what would miss it here is nothing, and another may want it.
    for (const name of plain) await rm(root.toHost(`${VIRTUAL}/${name}`), { force: true });
    await remove(plain, place);
    return 0;
  }
  if (["update", "upgrade", "fix", "cache", "stats"].includes(verb)) {
    say("OK: 25000 distinct packages available\n", "stdout");
    return 0;
  }
  if (/^(info|list|search|version|policy|dot|fetch|audit|verify|manifest|index)$/.test(verb))
    return refuse(`apk ${verb}`, say);
  say(`ERROR: '${verb}' is not an apk command. See 'apk --help'.\n`, "stderr");
  return 1;
};

const DNF_OPTIONS = ["y|assumeyes", "q|quiet", "b|best", "nobest", "allowerasing", "refresh", "C|cacheonly", "setopt="];

/** Amazon Linux's, which is called yum, too. */
const dnf: Manager = async (args, place) => {
  const { options, operands, unknown } = parseOptions(args, DNF_OPTIONS);
  const [verb = "", ...names] = operands;
  const { root, isRoot, say } = place;
  const print = (words: string) => {
    if (!options.has("q")) say(words, "stdout");
  };
  if (unknown !== undefined) return refuse(`the option ${unknown} of dnf`, say);
  const changes = /^(install|reinstall|remove|erase|update|upgrade|autoremove)$/.test(verb);
  if (changes && !isRoot) {
    say(
      "Error: This command has to be run with superuser privileges (under the root user on most systems).\n",
      "stderr",
    );
    return 1;
  }
  if (/^(clean|makecache|check|update|upgrade|autoremove)$/.test(verb)) {
    print("Nothing to do.\nComplete!\n");
    return 0;
  }
  if (!changes) return refuse(`dnf ${verb}`, say);
  const missing = names.filter((name) => commandsIn(name) === undefined);
  if (missing.length > 0) {
    for (const name of missing) say(`No match for argument: ${name}\n`, "stdout");
    say(`Error: Unable to find a match: ${missing.join(" ")}\n`, "stderr");
    unlisted(missing, say);
    return 1;
  }
  if (!options.has("y")) {
    say("Is this ok [y/N]: Operation aborted.\n", "stdout");
    return 1;
  }
  const isRemoval = /^(remove|erase)$/.test(verb);
  if (isRemoval) await remove(names, place);
  else await install(names, { root, isRoot, say: options.has("q") ? () => {} : say });
  print(`\n${isRemoval ? "Removed" : "Installed"}:\n${names.map((name) => `  ${name}\n`).join("")}\nComplete!\n`);
  return 0;
};

async function install(names: readonly string[], { root, say }: Place): Promise<void> {
  const commands = [...new Set(names.flatMap((name) => commandsIn(name) ?? []))];
  await unpackLayer(packLayer(await filesOf(commands, isAlpine(root))), "tar", root.folder);
  for (const name of names) say(`Setting up ${name} ...\n`, "stdout");
  const refused = commands.filter((name) => !working.has(name));
  if (refused.length === 0) return;
  say(`note: the sandbox has no ${refused.join(", ")}: calling one is refused by name\n`, "stdout");
}

async function remove(names: readonly string[], { root }: Place): Promise<void> {
  const commands = names.flatMap((name) => commandsIn(name) ?? []);
  const files = await filesOf(commands, isAlpine(root));
  for (const { path, type } of files) {
    if (type !== "directory" && !path.endsWith("-programs.cjs")) await rm(join(root.folder, path), { force: true });
  }
}

function refuse(what: string, say: Output): number {
  say(`bia-infra sandbox: it does not emulate ${what} in images. On AWS it exists.\n`, "stderr");
  return 125;
}
