import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { constants } from "node:os";
import { join, posix } from "node:path";
import { gunzipSync } from "node:zlib";
import { psql } from "../../shell/psql.ts";
import { isAsInitialised, settingsIn } from "../postgres/image-settings.ts";
import { greet } from "../postgres/ready.ts";
import { startPostgres } from "../postgres.ts";
import type { CommandOptions, OwnProgram } from "../process/command.ts";
import { parseEnv } from "../process/environment.ts";
import type { ProcessHost } from "../process/process-host.ts";
import { RootFolder } from "../process/root-folder.ts";
import type { Output } from "../process/shell.ts";
import { ContainerError } from "./error.ts";
import { execOptions, runToEnd } from "./node-runtime.ts";
import type { ContainerRecord } from "./record.ts";
import type { Ended, RunningContainer, StartOptions } from "./runtime.ts";

/** Variables of the image (https://hub.docker.com/_/postgres) that would change what is not emulated. */
const REFUSED = ["POSTGRES_INITDB_WALDIR"];
/** Those that may stand in a file, as secrets do. */
const MAY_BE_FILES = ["POSTGRES_PASSWORD", "POSTGRES_USER", "POSTGRES_DB"];

/** @throws ContainerError that names what of the image is not emulated */
export function checkPostgresContainer({ spec, argv }: Pick<ContainerRecord, "spec" | "argv">): void {
  const variable = REFUSED.find((name) => spec.env?.[name] !== undefined);
  if (variable !== undefined)
    throw new ContainerError("refused", `${variable} is not emulated by the sandbox's postgres`);
  const { POSTGRES_INITDB_ARGS: initdb = "", POSTGRES_HOST_AUTH_METHOD: method = "md5" } = spec.env ?? {};
  if (!isAsInitialised(initdb)) {
    throw new ContainerError("refused", `POSTGRES_INITDB_ARGS="${initdb}" is not emulated by the sandbox's postgres`);
  }
  if (!/^(trust|md5|scram-sha-256)?$/.test(method)) {
    throw new ContainerError(
      "refused",
      `POSTGRES_HOST_AUTH_METHOD=${method} is not emulated by the sandbox's postgres`,
    );
  }
  settingsIn(argv);
}

/** Folder of this computer that holds the database of a container. */
export function dataFolder(record: ContainerRecord, folder: string, mounts: StartOptions["mounts"]): string {
  const { PGDATA = "/var/lib/postgresql/data" } = { ...parseEnv(record.image.Env), ...record.spec.env };
  const data = posix.normalize(PGDATA);
  const mount = mounts.find(({ target }) => data === target || data.startsWith(`${target}/`));
  return mount ? join(mount.folder, ...data.slice(mount.target.length).split("/")) : join(folder, "data");
}

/** Starts a container of the postgres image. @throws PostgresError or ContainerError */
export async function startPostgresContainer(
  host: ProcessHost,
  cache: string,
  options: StartOptions,
): Promise<RunningContainer> {
  const { record, folder, mounts, ports, onOutput } = options;
  const ofImage = parseEnv(record.image.Env);
  const root = new RootFolder(options.root);
  const env = await withFiles({ ...ofImage, ...record.spec.env }, root, onOutput);
  const { POSTGRES_USER: user = "postgres", POSTGRES_DB: database = user } = env;
  const trust = env.POSTGRES_HOST_AUTH_METHOD === "trust";
  const password = env.POSTGRES_PASSWORD || (trust ? "trusted" : "");
  const data = dataFolder(record, folder, mounts);
  const isNew = !existsSync(join(data, "data")) && !existsSync(join(data, "elsewhere"));
  if (isNew && password === "") {
    onOutput(NO_PASSWORD, "stderr");
    throw new ContainerError("failed", "the database has no superuser password: set POSTGRES_PASSWORD");
  }
  if (isMountedAsBefore(record)) {
    onOutput(MOUNTED_AS_BEFORE, "stderr");
    throw new ContainerError(
      "failed",
      "something is mounted at /var/lib/postgresql/data, where PostgreSQL 18 keeps nothing",
    );
  }
  const port = ports.find(({ containerPort }) => containerPort === 5432)?.localPort;
  const server = await startPostgres({
    folder: data,
    cache,
    ...(ofImage.PG_MAJOR && { major: ofImage.PG_MAJOR }),
    user,
    password,
    database,
    trust,
    settings: settingsIn(record.argv),
    ...(port !== undefined && { port }),
    onLog: (line) => onOutput(`${line}\n`, "stderr"),
  });
  const scope = await host.openScope();
  const programs = { pg_isready: isReady(server.port), psql: psqlHere(server.port, password, root) };
  const common = { scope, root, env, cwd: "/", user: "", programs };
  const failed = isNew ? await initialise(common, { user, database }, onOutput) : 0;
  if (failed !== 0) void server.stop();
  const ended = server.exited.then(async ({ asked, code, signal, reason }): Promise<Ended> => {
    await scope.end();
    if (failed !== 0) return { exitCode: failed };
    const exitCode = code ?? 128 + (signal ? constants.signals[signal as NodeJS.Signals] : 9);
    return { exitCode, ...(!asked && reason && { error: reason }) };
  });
  return {
    pid: server.pid,
    ended,
    signal: (signal) => void (signal === "SIGKILL" ? server.kill() : server.stop()),
    kill: () => void server.kill(),
    setNetwork: async () => {},
    exec: (request) => runToEnd({ ...common, ...execOptions(common, request) }, request.signal),
  };
}

/** With the values of variables whose names end in `_FILE`. @throws ContainerError where a file is missing, or both are set */
async function withFiles(
  env: Readonly<Record<string, string>>,
  root: RootFolder,
  onOutput: Output,
): Promise<Record<string, string>> {
  const whole: Record<string, string> = { ...env };
  for (const name of MAY_BE_FILES) {
    const path = env[`${name}_FILE`];
    if (!path) continue;
    const text = await readFile(root.toHost(path), "utf8").catch(() => undefined);
    const why = env[name]
      ? `error: both ${name} and ${name}_FILE are set (but are exclusive)`
      : `/usr/local/bin/docker-entrypoint.sh: ${path}: No such file or directory`;
    if (text === undefined || env[name]) {
      onOutput(`${why}\n`, "stderr");
      throw new ContainerError("failed", why);
    }
    whole[name] = text.replace(/\n+$/, "");
  }
  return whole;
}

/** Where the image looks for what a new database is to be filled by. */
const SCRIPTS = "/docker-entrypoint-initdb.d";

/**
 * Runs the scripts that the image runs on a new database, in the order of their names
 * (https://hub.docker.com/_/postgres, "Initialization scripts").
 *
 * @returns exit code of the first that failed
 */
async function initialise(
  common: Omit<CommandOptions, "argv" | "onOutput">,
  { user, database }: { user: string; database: string },
  onOutput: Output,
): Promise<number> {
  const { root } = common;
  const names = await readdir(root.toHost(SCRIPTS)).catch(() => []);
  for (const name of names.sort()) {
    const file = `${SCRIPTS}/${name}`;
    const sql = ["psql", "-v", "ON_ERROR_STOP=1", "--no-password", "--no-psqlrc", "-U", user, "-d", database];
    const say = (what: string) => onOutput(`/usr/local/bin/docker-entrypoint.sh: ${what} ${file}\n`, "stdout");
    let command: Pick<CommandOptions, "argv" | "input">;
    if (name.endsWith(".sql")) command = { argv: [...sql, "-f", file] };
    else if (name.endsWith(".sql.gz")) command = { argv: sql, input: gunzipSync(await readFile(root.toHost(file))) };
    else if (name.endsWith(".sh")) command = { argv: ["bash", file] };
    else {
      say("ignoring");
      continue;
    }
    say("running");
    const code = await runToEnd({ ...common, ...command, onOutput }, undefined);
    if (code !== 0) return code;
  }
  return 0;
}

/**
 * Since version 18 the image keeps its databases elsewhere, and refuses to start with something mounted at their old place, which
 * would not outlive the container. (docker-library/postgres, docker-entrypoint.sh)
 */
function isMountedAsBefore({ spec, image }: Pick<ContainerRecord, "spec" | "image">): boolean {
  const { PG_MAJOR, PGDATA } = { ...parseEnv(image.Env), ...spec.env };
  const targets = [...(spec.volumes ?? []), ...(spec.binds ?? [])].map(({ target }) => posix.normalize(target));
  return PGDATA === `/var/lib/postgresql/${PG_MAJOR}/docker` && targets.includes("/var/lib/postgresql/data");
}

/** In the words of the image's docker-entrypoint.sh. */
const MOUNTED_AS_BEFORE = `Error: in 18+, these Docker images are configured to store database data in a
       format which is compatible with "pg_ctlcluster" (specifically, using
       major-version-specific directory names).  This better reflects how
       PostgreSQL itself works, and how upgrades are to be performed.

       See also https://github.com/docker-library/postgres/pull/1259

       Counter to that, there appears to be PostgreSQL data in:
         /var/lib/postgresql/data (unused mount/volume)

       This is usually the result of upgrading the Docker image without
       upgrading the underlying database using "pg_upgrade" (which requires both
       versions).

       The suggested container configuration for 18+ is to place a single mount
       at /var/lib/postgresql which will then place PostgreSQL data in a
       subdirectory, allowing usage of "pg_upgrade --link" without mount point
       boundary issues.
`;

/** Likewise. */
const NO_PASSWORD = `Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".
`;

/** Exit codes of https://www.postgresql.org/docs/16/app-pg-isready.html */
function isReady(port: number): OwnProgram {
  return async (args, onOutput) => {
    const greeting = await greet(port, optionOf(args, "U") ?? "postgres", optionOf(args, "d") ?? "postgres");
    const rejecting = greeting.kind === "error" && greeting.code === "57P03";
    const state =
      greeting.kind === "silent" ? "no response" : rejecting ? "rejecting connections" : "accepting connections";
    if (!args.includes("-q")) onOutput(`/var/run/postgresql:5432 - ${state}\n`, "stdout");
    return greeting.kind === "silent" ? 2 : rejecting ? 1 : 0;
  };
}

/** Value of `-U name` or `-Uname`. */
function optionOf(args: readonly string[], letter: string): string | undefined {
  const at = args.findIndex((arg) => arg.startsWith(`-${letter}`));
  if (at < 0) return undefined;
  return args[at] === `-${letter}` ? args[at + 1] : args[at]?.slice(2);
}

function psqlHere(port: number, password: string, root: RootFolder): OwnProgram {
  return async (args, onOutput, { env, cwd, input }) => {
    const code = await psql(args, {
      env,
      read: (path) => readFile(root.toHost(path, cwd)),
      input: async () => Buffer.from(input ?? new Uint8Array()),
      write: (stream, text) => onOutput(text, stream),
      local: { port, password },
    });
    if (typeof code === "number") return code;
    onOutput(
      `bia-infra sandbox: it does not emulate the option ${code.unknown} of psql. On AWS it exists.\n`,
      "stderr",
    );
    return 125;
  };
}
