import { ok } from "../program.ts";
import { type GitCommand, GitFailure, parsed, resolve, type Tree, treeOf } from "./command.ts";
import { readConfig, writeConfig } from "./user-config.ts";

/** Who commits. @throws GitFailure where nobody has said */
async function identity({ git, at, process }: Tree): Promise<{ name: string; email: string }> {
  const [name, email] = await Promise.all(
    ["user.name", "user.email"].map(async (key) => {
      const own = (await git.getConfig({ ...at, path: key })) as string | undefined;
      return own ?? (await readConfig(process)).get(key);
    }),
  );
  if (name !== undefined && email !== undefined) return { name, email };
  throw new GitFailure(
    `Author identity unknown\n\n*** Please tell me who you are.\n\nRun\n\n  git config --global user.email "you@example.com"\n  git config --global user.name "Your Name"\n\nto set your account's default identity.\nOmit --global to set the identity only in this repository.\n\nfatal: unable to auto-detect email address (got '${process.user.name}@${process.system.hostname}.(none)')`,
  );
}

const config: GitCommand = async (work) => {
  const { options, operands } = parsed("config", work.args, ["global", "system", "local", "get", "unset", "l|list"]);
  const { process } = work;
  const [key = "", value] = operands;
  const isGlobal = options.has("global") || options.has("system");
  const tree = isGlobal ? undefined : await treeOf(work).catch(() => undefined);
  const global = await readConfig(process);
  if (options.has("l")) return ok([...global].map(([name, text]) => `${name}=${text}\n`).join(""));
  if (value === undefined && !options.has("unset")) {
    const own = tree && ((await tree.git.getConfig({ ...tree.at, path: key })) as string | undefined);
    const found = own ?? global.get(key);
    return found === undefined ? { stdout: "", stderr: "", exitCode: 1 } : ok(`${found}\n`);
  }
  if (tree) await tree.git.setConfig({ ...tree.at, path: key, value });
  else if (isGlobal) await writeConfig(process, key, value);
  else throw new GitFailure("fatal: not in a git directory");
  return ok();
};

/** Puts what the work tree has below these paths into the index; of known files alone where `isKnown`. */
async function stage(tree: Tree, paths: readonly string[], isKnown = false): Promise<void> {
  const { git, at, folder, process } = tree;
  const wanted = paths.map((path) => process.fs.resolvePath(folder, path).slice(at.dir.length + 1));
  const rows = await git.statusMatrix({ ...at, ...(wanted.includes("") ? {} : { filepaths: wanted }) });
  if (rows.length === 0 && !wanted.includes("")) {
    throw new GitFailure(`fatal: pathspec '${paths[0]}' did not match any files`);
  }
  for (const [filepath, head, work, index] of rows) {
    if (work === index || (isKnown && head === 0 && index === 0)) continue;
    if (work === 0) await git.remove({ ...at, filepath });
    else await git.add({ ...at, filepath });
  }
}

const add: GitCommand = async (work) => {
  const { options, operands } = parsed("add", work.args, ["A|all", "u|update", "v|verbose", "f|force"]);
  const tree = await treeOf(work);
  const all = options.has("A") || options.has("u");
  if (operands.length === 0 && !all) {
    return { stdout: "", stderr: "Nothing specified, nothing added.\n", exitCode: 0 };
  }
  await stage(tree, operands.length > 0 ? operands : [tree.at.dir], options.has("u"));
  return ok();
};

const commit: GitCommand = async (work) => {
  const { options, values } = parsed("commit", work.args, [
    "a|all",
    "m|message=",
    "q|quiet",
    "allow-empty",
    "n|no-verify",
  ]);
  const tree = await treeOf(work);
  const { git, at } = tree;
  const message = (values.get("m") ?? []).join("\n\n");
  if (message === "")
    throw new GitFailure(
      "bia-infra sandbox: this machine does not emulate git commit without -m. On AWS it exists.",
      125,
    );
  if (options.has("a")) await stage(tree, [at.dir], true);
  const rows = await git.statusMatrix(at);
  const staged = rows.filter(([, head, , index]) => head !== index);
  const branch = (await git.currentBranch(at)) || "detached HEAD";
  if (staged.length === 0 && !options.has("allow-empty")) {
    const rest = rows.some(([, , tree, index]) => tree !== index);
    const why = rest
      ? 'no changes added to commit (use "git add" and/or "git commit -a")'
      : "nothing to commit, working tree clean";
    return { stdout: `On branch ${branch}\n${why}\n`, stderr: "", exitCode: 1 };
  }
  const isFirst = (await git.resolveRef({ ...at, ref: "HEAD" }).catch(() => undefined)) === undefined;
  const oid = await git.commit({ ...at, message, author: await identity(tree) });
  const where = `${branch}${isFirst ? " (root-commit)" : ""} ${oid.slice(0, 7)}`;
  const count = `${staged.length} file${staged.length === 1 ? "" : "s"} changed`;
  return ok(options.has("q") ? "" : `[${where}] ${message.split("\n")[0]}\n ${count}\n`);
};

const reset: GitCommand = async (work) => {
  const { options, operands } = parsed("reset", work.args, ["hard", "q|quiet"]);
  const tree = await treeOf(work);
  const { git, at } = tree;
  if (!options.has("hard")) {
    for (const [filepath, head, , index] of await git.statusMatrix(at)) {
      if (head !== index) await git.resetIndex({ ...at, filepath });
    }
    return ok();
  }
  const oid = await resolve(tree, operands[0] ?? "HEAD");
  const branch = await git.currentBranch(at);
  if (branch) await git.writeRef({ ...at, ref: `refs/heads/${branch}`, value: oid, force: true });
  await git.checkout({ ...at, ref: branch || oid, force: true });
  const { commit: found } = await git.readCommit({ ...at, oid });
  return ok(options.has("q") ? "" : `HEAD is now at ${oid.slice(0, 7)} ${found.message.split("\n")[0]}\n`);
};

/** Commands that change what is committed, or who commits it. */
export const changeCommands: Readonly<Record<string, GitCommand>> = { add, commit, config, reset };
