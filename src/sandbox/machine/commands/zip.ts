import type JSZip from "jszip";
import { parseOptions } from "../../shell/options.ts";
import { fail, notEmulated, ok, type Process, type Programs } from "../program.ts";

/** Of a mode, the bits that say that it is a symbolic link's, and those of permissions. */
const LINK = 0o120000;
const PERMISSIONS = 0o7777;

/** Info-ZIP's programs, by JSZip; archives keep modes and links. */
export const zipPrograms: Programs = {
  async zip(args, process) {
    const known = ["r|recurse-paths", "q|quiet", "y|symlinks", "9", "j|junk-paths", "x=|exclude="];
    const at = args.indexOf("-x");
    const { options, operands, unknown } = parseOptions(at < 0 ? args : args.slice(0, at), known);
    if (unknown) return notEmulated(`the option ${unknown} of zip`);
    const [name = "", ...paths] = operands;
    if (paths.length === 0) return fail("\nzip error: Nothing to do!\n", 12);
    const { fs, cwd } = process;
    const target = fs.resolvePath(cwd, /\.[^/]+$/.test(name) ? name : `${name}.zip`);
    const { default: Zip } = await import("jszip");
    const present = await fs.readFileBuffer(target).catch(() => undefined);
    const archive = present ? await Zip.loadAsync(present) : new Zip();
    const settings = {
      archive,
      process,
      isRecursive: options.has("r"),
      keepsLinks: options.has("y"),
      target,
      excluded: at < 0 ? [] : args.slice(at + 1).map(expressionOf),
      lines: [] as string[],
      missing: [] as string[],
    };
    for (const path of paths) await addTo(settings, path);
    const warnings = settings.missing.map((path) => `\tzip warning: name not matched: ${path}\n`).join("");
    if (settings.lines.length === 0) return fail(`${warnings}\nzip error: Nothing to do! (${name})\n`, 12);
    await fs.writeFile(
      target,
      await archive.generateAsync({ type: "uint8array", platform: "UNIX", compression: "DEFLATE" }),
    );
    return { stdout: options.has("q") ? "" : settings.lines.join(""), stderr: warnings, exitCode: 0 };
  },

  async unzip(args, process) {
    const { options, operands, unknown } = parseOptions(args, ["q|quiet", "o", "n", "l", "d=", "j"]);
    if (unknown) return notEmulated(`the option ${unknown} of unzip`);
    const [name = "", ...wanted] = operands;
    const { fs, cwd } = process;
    const bytes = await read(process, name);
    if (!bytes) {
      const tried = `cannot find or open ${name}, ${name}.zip or ${name}.ZIP`;
      return fail(`unzip:  ${tried}.\n`, 9);
    }
    const { default: Zip } = await import("jszip");
    const archive = await Zip.loadAsync(bytes).catch(() => undefined);
    if (!archive) {
      const what =
        "  End-of-central-directory signature not found.  Either this file is not\n  a zipfile, or it constitutes one disk of a multi-part archive.";
      return fail(
        `Archive:  ${name}\n${what}\nunzip:  cannot find zipfile directory in one of ${name} or\n        ${name}.zip\n`,
        9,
      );
    }
    const patterns = wanted.map(expressionOf);
    const all = Object.values(archive.files).filter(
      (file) => patterns.length === 0 || patterns.some((one) => one.test(file.name)),
    );
    if (options.has("l")) return ok(await listed(name, all));
    const folder = fs.resolvePath(cwd, options.get("d") ?? ".");
    const lines = [`Archive:  ${name}\n`];
    for (const file of all) {
      const path = fs.resolvePath(folder, file.name);
      if (!path.startsWith(folder === "/" ? "/" : `${folder}/`)) continue;
      if ((await fs.exists(path)) && !file.dir && !options.has("o")) {
        // Without anybody to ask, unzip leaves what is there.
        if (!options.has("n"))
          return fail(
            `replace ${file.name}? [y]es, [n]o, [A]ll, [N]one, [r]ename:  NULL\n(EOF or read error, treating as "[N]one" ...)\n`,
            1,
            lines.join(""),
          );
        continue;
      }
      lines.push(await extract(file, path, process));
    }
    return ok(options.has("q") ? "" : lines.join(""));
  },
};

interface Packing {
  readonly archive: JSZip;
  readonly process: Process;
  readonly isRecursive: boolean;
  readonly keepsLinks: boolean;
  /** Path of the archive, which does not go into itself. */
  readonly target: string;
  readonly excluded: readonly RegExp[];
  readonly lines: string[];
  readonly missing: string[];
}

async function addTo(packing: Packing, name: string): Promise<void> {
  const { archive, process, isRecursive, keepsLinks, target, excluded, lines, missing } = packing;
  const { fs, cwd } = process;
  const path = fs.resolvePath(cwd, name);
  if (path === target || excluded.some((one) => one.test(name))) return;
  const stat = await (keepsLinks ? fs.lstat(path) : fs.stat(path)).catch(() => undefined);
  if (!stat) {
    missing.push(name);
    return;
  }
  const inside = name.replace(/^(\.\/)+|^\/+/g, "");
  const verb = archive.files[stat.isDirectory ? `${inside}/` : inside] ? "updating" : "  adding";
  const settings = { date: stat.mtime, unixPermissions: stat.mode & PERMISSIONS };
  if (stat.isSymbolicLink) {
    archive.file(inside, await fs.readlink(path), { ...settings, unixPermissions: LINK | 0o777 });
    lines.push(`${verb}: ${inside} (stored 0%)\n`);
  } else if (stat.isDirectory) {
    if (inside !== "" && inside !== ".") {
      archive.file(inside.replace(/\/?$/, "/"), null, { ...settings, dir: true, createFolders: false });
      lines.push(`${verb}: ${inside.replace(/\/?$/, "/")} (stored 0%)\n`);
    }
    if (!isRecursive) return;
    for (const child of (await fs.readdir(path)).sort()) await addTo(packing, `${name.replace(/\/$/, "")}/${child}`);
  } else {
    archive.file(inside, await fs.readFileBuffer(path), { ...settings, createFolders: false });
    lines.push(`${verb}: ${inside} (deflated)\n`);
  }
}

async function read({ fs, cwd }: Process, name: string): Promise<Uint8Array | undefined> {
  for (const each of [name, `${name}.zip`]) {
    const bytes = await fs.readFileBuffer(fs.resolvePath(cwd, each)).catch(() => undefined);
    if (bytes) return bytes;
  }
  return undefined;
}

async function extract(file: JSZip.JSZipObject, path: string, { fs }: Process): Promise<string> {
  if (file.dir) {
    await fs.mkdir(path, { recursive: true });
    return `   creating: ${path}\n`;
  }
  await fs.mkdir(fs.resolvePath(path, ".."), { recursive: true });
  await fs.rm(path, { force: true });
  const mode = Number(file.unixPermissions ?? 0);
  if ((mode & 0o170000) === LINK) {
    await fs.symlink(await file.async("string"), path);
    return `    linking: ${path}\n`;
  }
  await fs.writeFile(path, await file.async("uint8array"));
  if ((mode & PERMISSIONS) !== 0) await fs.chmod(path, mode & PERMISSIONS);
  return `  inflating: ${path}\n`;
}

async function listed(name: string, files: readonly JSZip.JSZipObject[]): Promise<string> {
  const sizes = await Promise.all(files.map(async (file) => (file.dir ? 0 : (await file.async("uint8array")).length)));
  const row = (length: number, date: Date, path: string) =>
    `${String(length).padStart(9)}  ${date.toISOString().slice(0, 16).replace("T", " ")}   ${path}\n`;
  const rows = files.map((file, at) => row(sizes[at] ?? 0, file.date, file.name));
  const head = `Archive:  ${name}\n  Length      Date    Time    Name\n---------  ---------- -----   ----\n`;
  const sum = sizes.reduce((total, each) => total + each, 0);
  const count = `${files.length} file${files.length === 1 ? "" : "s"}`;
  return `${head}${rows.join("")}---------                     -------\n${String(sum).padStart(9)}                     ${count}\n`;
}

function expressionOf(pattern: string): RegExp {
  const text = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${text}$`);
}
