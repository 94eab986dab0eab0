import { readFile } from "node:fs/promises";
import path from "node:path";
import { Explained } from "../../engine/errors.ts";
import { type Pack, pack } from "./pack.ts";
import { checkSize } from "./split.ts";

/** Where the app comes from: a folder of this computer, or a git repository that the machine can read. */
export type AppSource =
  | { readonly folder: string }
  | { readonly git: string /** Branch, tag or commit; absent: the repository's own default. */; readonly ref?: string };

/** Names that docker compose looks for, the best first. */
const COMPOSE_FILES = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/**
 * A folder as it would travel, once it is known that it can and that something can be built from it. Nothing of AWS is asked, so
 * this is found out before anything is made.
 *
 * @throws {Explained} what is wrong with it, and what to do
 */
export async function checkedPack(folder: string): Promise<Pack> {
  const packed = await pack(folder);
  const compose = COMPOSE_FILES.find((name) => packed.files.includes(name));
  if (compose === undefined) {
    throw new Explained(
      `the app's source has no compose file: ${folder} holds none of ${COMPOSE_FILES.join(", ")}`,
      "Let app.source in the variables name the folder that the compose file is in, or write one there.",
    );
  }
  const builds = /\b(build|context):\s*["']?\.\/?["']?\s*$/m.test(await readFile(path.join(folder, compose), "utf8"));
  if (builds && !packed.files.includes("Dockerfile")) {
    throw new Explained(
      `the app's source has no Dockerfile: ${compose} in ${folder} builds from one beside it`,
      "Write a Dockerfile there, or let app.source in the variables name the folder that has one.",
    );
  }
  checkSize(packed);
  return packed;
}

/**
 * What to tell of `.env` files that a compose file seems to want and that stay behind; undefined: nothing. They hold secrets, and
 * Run Command keeps what it was sent.
 */
export async function envNotice({ folder, files, leftBehind }: Pack): Promise<string | undefined> {
  const compose = COMPOSE_FILES.find((name) => files.includes(name));
  const wanted = leftBehind.filter((name) => !/\.(example|sample|template)$/.test(name));
  if (compose === undefined || wanted.length === 0) return undefined;
  const text = await readFile(path.join(folder, compose), "utf8");
  if (!/env_file|\$\{?[A-Za-z_]/.test(text)) return undefined;
  return `${wanted.join(", ")} stays here: such files do not travel, and ${compose} mentions values from outside. Put its values into app.env of the variables, secrets with \`bia-infra dev env set NAME\`, or write it on the machine once, into the app's folder, with \`bia-infra ssh\``;
}

/** What is wrong with an app's source, as far as this computer can tell; undefined: nothing. A repository is the machine's to read. */
export async function troubleWith(source: AppSource): Promise<Explained | undefined> {
  if ("git" in source) return undefined;
  return checkedPack(source.folder).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof Explained) return error;
      throw error;
    },
  );
}
