import { parseOptions } from "../../shell/options.ts";
import { notEmulated, type Process, type Result } from "../program.ts";
import type { gitFileSystem } from "./file-system.ts";

/** Exit code of git's fatal errors. */
export const FATAL = 128;

/** What a command of git works with. */
export interface Work {
  readonly args: readonly string[];
  readonly process: Process;
  /** Folder that it works in. */
  readonly folder: string;
  readonly git: typeof import("isomorphic-git").default;
  readonly fs: ReturnType<typeof gitFileSystem>;
  readonly http: typeof import("isomorphic-git/http/node").default;
}

/** A work tree, and what isomorphic-git needs to be told of it. */
export interface Tree extends Work {
  readonly at: { readonly fs: Work["fs"]; readonly dir: string };
}

/** A failure that ends a command, in git's words. */
export class GitFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = FATAL) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** @throws GitFailure outside of a work tree */
export async function treeOf(work: Work): Promise<Tree> {
  try {
    const dir = await work.git.findRoot({ fs: work.fs, filepath: work.folder });
    return { ...work, at: { fs: work.fs, dir } };
  } catch {
    throw new GitFailure("fatal: not a git repository (or any of the parent directories): .git");
  }
}

export type GitCommand = (work: Work) => Promise<Result>;

/** @throws GitFailure for an option that is not emulated */
export function parsed(command: string, args: readonly string[], known: readonly string[]) {
  const { options, values, operands, unknown } = parseOptions(args, known);
  if (unknown === undefined) return { options, values, operands };
  throw new GitFailure(notEmulated(`the option ${unknown} of git ${command}`).stderr.trimEnd(), 125);
}

/** The commit that a name means. @throws GitFailure */
export async function resolve({ git, at, process }: Tree, name: string): Promise<string> {
  const [, base = name, back = "0"] = /^(.*?)(?:~(\d+))?$/.exec(name) ?? [];
  try {
    let oid = base === "FETCH_HEAD" ? await fetchedHead(process, at.dir) : await expanded(git, at, base);
    for (let step = Number(back); step > 0; step--) {
      const { commit } = await git.readCommit({ ...at, oid });
      oid = commit.parent[0] ?? "";
    }
    // A tag that is an object of its own leads to its commit.
    return (await git.readCommit({ ...at, oid })).oid;
  } catch {
    throw new GitFailure(`error: pathspec '${name}' did not match any file(s) known to git`, 1);
  }
}

async function expanded(git: Work["git"], at: Tree["at"], name: string): Promise<string> {
  for (const ref of [name, `origin/${name}`]) {
    const oid = await git.resolveRef({ ...at, ref }).catch(() => undefined);
    if (oid !== undefined) return oid;
  }
  return await git.expandOid({ ...at, oid: name });
}

async function fetchedHead({ fs }: Process, dir: string): Promise<string> {
  return (await fs.readFile(`${dir}/.git/FETCH_HEAD`)).slice(0, 40);
}
