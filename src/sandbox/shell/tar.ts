import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import type { Command, CommandContext } from "just-bash";
import { pack as packTar } from "tar-stream";
import { parseOptions } from "./options.ts";

/**
 * just-bash's tar, but for two things: what it unpacks has the modes of the archive, and what it packs keeps its symbolic
 * links, which just-bash follows.
 */
export const tar: Command = {
  name: "tar",
  trusted: true,
  async execute(given, context) {
    const args = dashed(given);
    const packed = await packing(args, context);
    if (packed) return packed;
    const extracts = args.some((one) => /^(-[a-zA-Z]*x[a-zA-Z]*|--extract|--get)$/.test(one));
    const nothing = { stdout: "", stderr: "tar: not found\n", exitCode: 127 };
    return (await context.origCommand?.(extracts ? ["--preserve-permissions", ...args] : [...given])) ?? nothing;
  },
};

/** `xzf` in front is the same as `-xzf`, as long as it is in front. */
function dashed([first = "", ...rest]: readonly string[]): string[] {
  return [first.startsWith("-") ? first : `-${first}`, ...rest];
}

const OPTIONS = ["c|create", "z|gzip", "v|verbose", "p|preserve-permissions", "f|file=", "exclude=", "no-xattrs"];

type Outcome = Awaited<ReturnType<Command["execute"]>>;

/** Packs; undefined: the command line asks for something else, or for more than this knows. */
async function packing(args: readonly string[], context: CommandContext): Promise<Outcome | undefined> {
  const { options, values, operands, unknown, given } = parseOptions(args, [...OPTIONS, "C|directory="]);
  const [folder = "."] = values.get("C") ?? [];
  const isPlain = unknown === undefined && given.filter(([name]) => name === "C").length < 2;
  if (!options.has("c") || !isPlain || operands.length === 0) return undefined;
  const { fs } = context;
  const root = fs.resolvePath(context.cwd, folder);
  const file = options.get("f") ?? "-";
  const target = file === "-" ? undefined : fs.resolvePath(context.cwd, file);
  const excluded = (values.get("exclude") ?? []).map(expressionOf);
  const archive = packTar();
  const content = buffer(archive);
  const names: string[] = [];
  const problems: string[] = [];
  const add = async (name: string): Promise<void> => {
    const path = fs.resolvePath(root, name);
    // As it is listed with `/` behind it, so that `node_modules` is left out wherever it is.
    if (path === target || excluded.some((each) => each.test(name))) return;
    const { mode, mtime, isDirectory, isSymbolicLink } = await fs.lstat(path);
    const entry = { name: name.replace(/^\/+/, ""), mode: mode & 0o7777, mtime };
    names.push(isDirectory ? `${name.replace(/\/$/, "")}/` : name);
    if (isSymbolicLink) archive.entry({ ...entry, type: "symlink", linkname: await fs.readlink(path) });
    else if (!isDirectory) archive.entry(entry, Buffer.from(await fs.readFileBuffer(path)));
    else {
      archive.entry({ ...entry, name: `${entry.name.replace(/\/$/, "")}/`, type: "directory" });
      for (const child of (await fs.readdir(path)).sort()) await add(`${name.replace(/\/$/, "")}/${child}`);
    }
  };
  for (const name of operands) {
    await add(name).catch(() => problems.push(`tar: ${name}: Cannot stat: No such file or directory\n`));
  }
  archive.finalize();
  const bytes = options.has("z") ? gzipSync(await content) : await content;
  if (target !== undefined) await fs.writeFile(target, bytes);
  const listed = options.has("v") ? names.map((name) => `${name}\n`).join("") : "";
  const failed = problems.length > 0 ? "tar: Exiting with failure status due to previous errors\n" : "";
  const stderr = problems.join("") + failed;
  const exitCode = failed === "" ? 0 : 2;
  if (target !== undefined) return { stdout: listed, stderr, exitCode };
  return { stdout: bytes.toString("latin1"), stdoutKind: "bytes", stderr: stderr + listed, exitCode };
}

/** A pattern of `--exclude`: of the whole name or of any part of its end. */
function expressionOf(pattern: string): RegExp {
  const text = pattern
    .replace(/\/$/, "")
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^(.*/)?${text}$`);
}
