import { parseOptions } from "../../shell/options.ts";
import { unlessAborted } from "../abort.ts";
import { changeCommands } from "../git/changes.ts";
import { FATAL, type GitCommand, GitFailure, parsed, resolve, type Tree, treeOf } from "../git/command.ts";
import { gitFileSystem } from "../git/file-system.ts";
import { versions } from "../packages.ts";
import { fail, notEmulated, ok, type Programs, type Result } from "../program.ts";

/** Exit code of a command that a signal ended. */
const TERMINATED = 143;

/**
 * git, as far as an app's source is fetched and looked at with it. Repositories are read over HTTP, which is the one thing
 * of a machine that leaves the user's computer, because its user asked for that repository.
 */
export const gitPrograms: Programs = {
  async git(args, process) {
    const { values, operands, unknown } = parseOptions(args, ["C=", "c=", "version", "v", "no-pager"], true);
    const [command = "", ...rest] = operands;
    if (args[0] === "--version" || args[0] === "-v" || command === "version")
      return ok(`git version ${versions.git}\n`);
    if (unknown !== undefined) return notEmulated(`the option ${unknown} of git`);
    const run = commands[command];
    if (!run) return notEmulated(`git ${command}`.trim());
    const folder = (values.get("C") ?? []).reduce((at, path) => process.fs.resolvePath(at, path), process.cwd);
    if (!(await process.fs.exists(folder))) {
      return fail(`fatal: cannot change to '${values.get("C")?.at(-1)}': No such file or directory\n`, FATAL);
    }
    const { default: git } = await import("isomorphic-git");
    const { default: http } = await import("isomorphic-git/http/node");
    const fs = gitFileSystem(process.fs);
    try {
      const result = await unlessAborted(run({ args: rest, process, folder, git, http, fs }), process.signal);
      return result ?? fail("", TERMINATED);
    } catch (error) {
      return explained(error);
    }
  },
};

function explained(error: unknown): Result {
  if (error instanceof GitFailure) return fail(`${error.message}\n`, error.exitCode);
  const { code, message, data, name } = error as Error & { code?: string; data?: { filepaths?: readonly string[] } };
  if (code === "CheckoutConflictError") {
    const files = (data?.filepaths ?? []).map((path) => `\t${path}\n`).join("");
    return fail(
      `error: Your local changes to the following files would be overwritten by checkout:\n${files}Please commit your changes or stash them before you switch branches.\nAborting\n`,
    );
  }
  // What the disk refuses is worded by the disk; what is left is isomorphic-git's.
  if (name === "Error" || code !== undefined) return fail(`fatal: ${message}\n`, FATAL);
  throw error;
}

/** @throws GitFailure what the other side, or the way there, has against it */
async function remotely<T>(url: string, ref: string | undefined, act: () => Promise<T>): Promise<T> {
  if (!/^https?:\/\//.test(url)) {
    throw new GitFailure(
      `bia-infra sandbox: this machine does not emulate git from ${url}; http and https URLs are. On AWS it exists.`,
      125,
    );
  }
  try {
    return await act();
  } catch (error) {
    const { code, data, message } = error as Error & { code?: string; data?: { statusCode?: number } };
    const { host, protocol } = new URL(url);
    const status = code === "HttpError" ? data?.statusCode : undefined;
    if (status === 401 || status === 403) {
      throw new GitFailure(`fatal: could not read Username for '${protocol}//${host}': No such device or address`);
    }
    if (status === 404) throw new GitFailure(`fatal: repository '${url}/' not found`);
    if (status !== undefined)
      throw new GitFailure(`fatal: unable to access '${url}/': The requested URL returned error: ${status}`);
    if (code === "NotFoundError" && ref !== undefined) throw new GitFailure(`fatal: couldn't find remote ref ${ref}`);
    if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
      throw new GitFailure(`fatal: unable to access '${url}/': Could not resolve host: ${new URL(url).hostname}`);
    }
    if (code === "ECONNREFUSED" || code === "ETIMEDOUT" || code === "ECONNRESET") {
      throw new GitFailure(`fatal: unable to access '${url}/': Failed to connect to ${host}: ${message}`);
    }
    throw error;
  }
}

const init: GitCommand = async ({ args, folder, git, fs, process }) => {
  const { options, operands } = parsed("init", args, ["q|quiet", "b|initial-branch="]);
  const dir = process.fs.resolvePath(folder, operands[0] ?? ".");
  await process.fs.mkdir(dir, { recursive: true });
  await git.init({ fs, dir, defaultBranch: options.get("b") ?? "master" });
  return ok(options.has("q") ? "" : `Initialized empty Git repository in ${dir}/.git/\n`);
};

const clone: GitCommand = async ({ args, folder, git, fs, http, process }) => {
  const { options, operands } = parsed("clone", args, ["q|quiet", "b|branch=", "depth=", "single-branch", "progress"]);
  const [
    url = "",
    target = url
      .replace(/\/+$/, "")
      .split("/")
      .at(-1)
      ?.replace(/\.git$/, "") ?? "",
  ] = operands;
  if (url === "") throw new GitFailure("fatal: You must specify a repository to clone.", 129);
  const dir = process.fs.resolvePath(folder, target);
  const isThere = await process.fs.exists(dir);
  if (isThere && (await process.fs.readdir(dir)).length > 0) {
    throw new GitFailure(`fatal: destination path '${target}' already exists and is not an empty directory.`);
  }
  if (!options.has("q")) process.print("stderr", `Cloning into '${target}'...\n`);
  const ref = options.get("b");
  const depth = options.get("depth");
  await process.fs.mkdir(dir, { recursive: true });
  try {
    await remotely(url, ref, () =>
      git.clone({
        fs,
        http,
        dir,
        url,
        singleBranch: options.has("single-branch") || depth !== undefined,
        ...(ref !== undefined && { ref }),
        ...(depth !== undefined && { depth: Number(depth) }),
      }),
    );
  } catch (error) {
    if (!isThere) await process.fs.rm(dir, { recursive: true, force: true });
    const isMissing = error instanceof GitFailure && error.message.startsWith("fatal: couldn't find remote ref");
    if (isMissing) throw new GitFailure(`fatal: Remote branch ${ref} not found in upstream origin`);
    throw error;
  }
  return ok();
};

const fetch: GitCommand = async (work) => {
  const { options, operands } = parsed("fetch", work.args, ["q|quiet", "depth=", "tags|t", "all", "prune|p"]);
  const tree = await treeOf(work);
  const [remote = "origin", ref] = operands;
  await fetchRef(tree, { remote, ref, depth: options.get("depth"), tags: options.has("tags") });
  return ok();
};

/** Fetches one ref, or all branches, and notes it as FETCH_HEAD. */
async function fetchRef(
  { git, http, at, process }: Tree,
  {
    remote,
    ref,
    depth,
    tags = false,
  }: { remote: string; ref?: string | undefined; depth?: string | undefined; tags?: boolean },
): Promise<string> {
  const url = await git.getConfig({ ...at, path: `remote.${remote}.url` });
  if (typeof url !== "string") throw new GitFailure(`fatal: '${remote}' does not appear to be a git repository`);
  const { fetchHead } = await remotely(url, ref, () =>
    git.fetch({
      ...at,
      http,
      remote,
      singleBranch: ref !== undefined,
      tags,
      ...(ref !== undefined && { ref, remoteRef: ref }),
      ...(depth !== undefined && { depth: Number(depth) }),
    }),
  );
  if (fetchHead === null) throw new GitFailure(`fatal: couldn't find remote ref ${ref ?? "HEAD"}`);
  await process.fs.writeFile(`${at.dir}/.git/FETCH_HEAD`, `${fetchHead}\t\t${ref ?? "HEAD"} of ${url}\n`);
  return fetchHead;
}

const checkout: GitCommand = async (work) => {
  const { options, operands } = parsed("checkout", work.args, ["q|quiet", "detach|d", "f|force", "b="]);
  const tree = await treeOf(work);
  const { git, at } = tree;
  const files = await filesMeant(tree, operands, work.args);
  if (files.length > 0) {
    await git.checkout({ ...at, filepaths: files, force: true });
    return fail(`Updated ${files.length} path${files.length === 1 ? "" : "s"} from the index\n`, 0);
  }
  const branch = options.get("b");
  const [name = branch ?? ""] = operands;
  if (branch !== undefined) await git.branch({ ...at, ref: branch, checkout: true });
  if (name === branch) return fail(options.has("q") ? "" : `Switched to a new branch '${name}'\n`, 0);
  const oid = await resolve(tree, name);
  const isBranch = !options.has("detach") && (await isKnownBranch(tree, name));
  await git.checkout({ ...at, ref: isBranch ? name : oid, force: options.has("f") });
  if (options.has("q")) return ok();
  const { commit } = await git.readCommit({ ...at, oid });
  const [subject = ""] = commit.message.split("\n");
  return fail(isBranch ? `Switched to branch '${name}'\n` : `HEAD is now at ${oid.slice(0, 7)} ${subject}\n`, 0);
};

/** The files, as paths of the work tree, that are to be put back: those after `--`, and names that are no commit. */
async function filesMeant(tree: Tree, operands: readonly string[], args: readonly string[]): Promise<string[]> {
  const [name = ""] = operands;
  if (operands.length === 0 || args.some((one) => one === "-b")) return [];
  if (!args.includes("--") && (await resolve(tree, name).catch(() => undefined)) !== undefined) return [];
  const { git, at, folder, process } = tree;
  const known = await git.listFiles(at);
  const paths = operands.map((one) => process.fs.resolvePath(folder, one).slice(at.dir.length + 1));
  return known.filter((file) => paths.some((path) => path === "" || file === path || file.startsWith(`${path}/`)));
}

async function isKnownBranch({ git, at }: Tree, name: string): Promise<boolean> {
  const [local, remote] = await Promise.all([git.listBranches(at), git.listBranches({ ...at, remote: "origin" })]);
  return local.includes(name) || remote.includes(name);
}

const pull: GitCommand = async (work) => {
  const { options, operands } = parsed("pull", work.args, ["q|quiet", "ff-only", "rebase"]);
  const tree = await treeOf(work);
  const { git, at } = tree;
  const branch = await git.currentBranch(at);
  if (typeof branch !== "string") throw new GitFailure("You are not currently on a branch.", 1);
  const [remote = "origin", ref = branch] = operands;
  const before = await git.resolveRef({ ...at, ref: "HEAD" });
  const after = await fetchRef(tree, { remote, ref });
  if (before === after) return ok(options.has("q") ? "" : "Already up to date.\n");
  if (!(await git.isDescendent({ ...at, oid: after, ancestor: before }))) {
    throw new GitFailure("fatal: Not possible to fast-forward, aborting.");
  }
  await git.checkout({ ...at, ref: after, noUpdateHead: true });
  await git.writeRef({ ...at, ref: `refs/heads/${branch}`, value: after, force: true });
  return ok(options.has("q") ? "" : `Updating ${before.slice(0, 7)}..${after.slice(0, 7)}\nFast-forward\n`);
};

const remote: GitCommand = async (work) => {
  const [verb, name = "", url = ""] = work.args;
  const { git, at } = await treeOf(work);
  if (verb === undefined || verb === "-v") {
    const remotes = await git.listRemotes(at);
    const lines = remotes.map((one) =>
      verb ? `${one.remote}\t${one.url} (fetch)\n${one.remote}\t${one.url} (push)\n` : `${one.remote}\n`,
    );
    return ok(lines.join(""));
  }
  const present = await git.getConfig({ ...at, path: `remote.${name}.url` });
  if (verb === "add") {
    if (present !== undefined) throw new GitFailure(`error: remote ${name} already exists.`, 3);
    await git.addRemote({ ...at, remote: name, url });
    return ok();
  }
  if (verb !== "get-url" && verb !== "set-url") return notEmulated(`git remote ${verb}`);
  if (present === undefined) throw new GitFailure(`error: No such remote '${name}'`, 2);
  if (verb === "get-url") return ok(`${present}\n`);
  await git.addRemote({ ...at, remote: name, url, force: true });
  return ok();
};

const revParse: GitCommand = async (work) => {
  const { options, operands } = parsed("rev-parse", work.args, [
    "short",
    "abbrev-ref",
    "show-toplevel",
    "verify",
    "q|quiet",
    "is-inside-work-tree",
    "git-dir",
  ]);
  const tree = await treeOf(work);
  if (options.has("git-dir")) return ok(tree.folder === tree.at.dir ? ".git\n" : `${tree.at.dir}/.git\n`);
  if (options.has("show-toplevel")) return ok(`${tree.at.dir}\n`);
  if (options.has("is-inside-work-tree")) return ok("true\n");
  const [name = "HEAD"] = operands;
  if (options.has("abbrev-ref")) return ok(`${(await tree.git.currentBranch(tree.at)) || "HEAD"}\n`);
  const oid = await resolve(tree, name);
  const short = options.get("short");
  return ok(`${short === undefined ? oid : oid.slice(0, Number(short) || 7)}\n`);
};

const log: GitCommand = async (work) => {
  const args = work.args.map((argument) => argument.replace(/^-(\d+)$/, "-n$1"));
  const { options, operands } = parsed("log", args, ["oneline", "n|max-count=", "format|pretty="]);
  const tree = await treeOf(work);
  const count = options.get("n");
  const ref = await resolve(tree, operands[0] ?? "HEAD");
  const commits = await tree.git.log({ ...tree.at, ref, ...(count !== undefined && { depth: Number(count) }) });
  const format = options.has("oneline") ? "%h %s" : options.get("format")?.replace(/^t?format:/, "");
  return ok(
    commits
      .map(({ oid, commit }) => (format === undefined ? entry(oid, commit) : `${filled(format, oid, commit)}\n`))
      .join(format === undefined ? "\n" : ""),
  );
};

type Commit = import("isomorphic-git").CommitObject;

function entry(oid: string, { author, message }: Commit): string {
  const indented = message.trimEnd().replace(/^/gm, "    ");
  return `commit ${oid}\nAuthor: ${author.name} <${author.email}>\nDate:   ${new Date(author.timestamp * 1000).toUTCString()}\n\n${indented}\n`;
}

function filled(format: string, oid: string, { author, message }: Commit): string {
  const values: Readonly<Record<string, string>> = {
    H: oid,
    h: oid.slice(0, 7),
    s: message.split("\n")[0] ?? "",
    an: author.name,
    ae: author.email,
    at: String(author.timestamp),
    aI: new Date(author.timestamp * 1000).toISOString(),
    n: "\n",
  };
  return format.replace(/%(aI|a[net]|[Hhsn])/g, (_, name: string) => values[name] ?? "");
}

/** Letters of `git status --short` by what isomorphic-git finds in HEAD, the work tree and the index. */
const states: Readonly<Record<string, string>> = {
  "020": "??",
  "022": "A ",
  "023": "AM",
  "121": " M",
  "122": "M ",
  "123": "MM",
  "101": " D",
  "100": "D ",
};

const status: GitCommand = async (work) => {
  const { options } = parsed("status", work.args, ["s|short", "porcelain", "b|branch"]);
  const { git, at } = await treeOf(work);
  const branch = await git.currentBranch(at);
  const rows = await git.statusMatrix(at);
  const lines = rows.flatMap(([path, head, tree, index]) => {
    const letters = states[`${head}${tree}${index}`];
    return letters === undefined ? [] : [`${letters} ${path}\n`];
  });
  if (options.has("s") || options.has("porcelain")) return ok(lines.join(""));
  const where = branch ? `On branch ${branch}\n` : "HEAD detached\n";
  return ok(
    where +
      (lines.length === 0
        ? "nothing to commit, working tree clean\n"
        : `Changes:\n${lines.map((line) => `\t${line}`).join("")}`),
  );
};

/** Lists branches, tells the one that one is on, or makes one. */
const branch: GitCommand = async (work) => {
  const { options, operands } = parsed("branch", work.args, ["a|all", "r|remotes", "show-current", "list|l"]);
  const { git, at } = await treeOf(work);
  const current = (await git.currentBranch(at)) || undefined;
  if (options.has("show-current")) return ok(current === undefined ? "" : `${current}\n`);
  const [name, start] = operands;
  if (name !== undefined && !options.has("list")) {
    if (start !== undefined) return notEmulated("git branch with a place to start from");
    if ((await git.listBranches(at)).includes(name)) {
      throw new GitFailure(`fatal: a branch named '${name}' already exists`);
    }
    await git.branch({ ...at, ref: name });
    return ok();
  }
  const head = await git.resolveRef({ ...at, ref: "HEAD" }).catch(() => undefined);
  const detached = current === undefined && head !== undefined ? [`* (HEAD detached at ${head.slice(0, 7)})`] : [];
  const local = (await git.listBranches(at)).map((one) => `${one === current ? "*" : " "} ${one}`);
  const originHead = await git.resolveRef({ ...at, ref: "refs/remotes/origin/HEAD", depth: 2 }).catch(() => "");
  const remote = (await git.listBranches({ ...at, remote: "origin" })).map((one) =>
    one === "HEAD" ? `origin/HEAD -> ${originHead.replace("refs/remotes/", "")}` : `origin/${one}`,
  );
  const lines = options.has("r")
    ? remote.map((one) => `  ${one}`)
    : [...detached, ...local, ...(options.has("a") ? remote.map((one) => `  remotes/${one}`) : [])];
  return ok(lines.map((line) => `${line}\n`).join(""));
};

const commands: Readonly<Record<string, GitCommand>> = {
  ...changeCommands,
  branch,
  checkout,
  clone,
  fetch,
  init,
  log,
  pull,
  remote,
  "rev-parse": revParse,
  status,
};
