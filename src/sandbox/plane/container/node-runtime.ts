import { join } from "node:path";
import { packageManagers } from "../packages/managers.ts";
import { type CommandOptions, type RunningCommand, startCommand } from "../process/command.ts";
import { parseEnv } from "../process/environment.ts";
import type { ProcessHost } from "../process/process-host.ts";
import { type Place, RootFolder } from "../process/root-folder.ts";
import type { ExecRequest, RunningContainer, StartOptions } from "./runtime.ts";

/** Starts a container whose image was built on node. @throws NotExecutable */
export async function startNodeContainer(host: ProcessHost, options: StartOptions): Promise<RunningContainer> {
  const { record, root, mounts, network, onOutput } = options;
  const { spec, image } = record;
  const folder = new RootFolder(root, mounts, placesOf(record));
  const scope = await host.openScope(writing(folder));
  scope.onUsage(options.onUsage);
  scope.onListening(options.onListening);
  await scope.setNetwork(network);
  const common = {
    scope,
    root: folder,
    programs: packageManagers(folder, spec.user ?? image.User),
    env: containerEnvironment(options),
    cwd: spec.workingDir ?? image.WorkingDir,
    user: spec.user ?? image.User,
  };
  const command = await startOrEnd(() => startCommand({ ...common, argv: record.argv, onOutput }), scope);
  const ended = command.exited.then(
    async (exitCode) => {
      await scope.end();
      return { exitCode };
    },
    async (error: Error) => {
      await scope.end();
      return { exitCode: 127, error: error.message };
    },
  );
  return {
    pid: command.pid,
    ended,
    signal: command.signal,
    kill: command.kill,
    setNetwork: (view) => scope.setNetwork(view),
    exec: (request) => runToEnd({ ...common, ...execOptions(common, request) }, request.signal),
  };
}

/** What is mounted for reading alone, and what is mounted into that. */
function placesOf({ spec, image }: StartOptions["record"]): Place[] {
  const binds = (spec.binds ?? []).map(({ target, readOnly = false }) => ({ target, readOnly }));
  if (binds.every(({ readOnly }) => !readOnly)) return [];
  const own = [...(spec.anonymous ?? []), ...Object.keys(image.Volumes)];
  return [...binds, ...own.map((target) => ({ target, readOnly: false }))];
}

/** Where on this computer a container's programs may write and where not. A volume is seen by its link, too. */
function writing(root: RootFolder): { folder: string; readOnly: boolean }[] {
  const places = root.places.map(({ target, readOnly }) => ({ folder: root.toHost(target), readOnly }));
  const volumes = root.mounts.flatMap(({ target, folder, readOnly = false }) =>
    [folder, join(root.folder, ...target.split("/"))].map((one) => ({ folder: one, readOnly })),
  );
  const all = [...places, ...volumes];
  return all.some(({ readOnly }) => readOnly) ? all : [];
}

async function startOrEnd(start: () => RunningCommand, scope: { end(): Promise<void> }): Promise<RunningCommand> {
  try {
    return start();
  } catch (error) {
    await scope.end();
    throw error;
  }
}

export function execOptions(
  { env, cwd }: Pick<CommandOptions, "env" | "cwd">,
  { argv, env: more, workingDir, input, onOutput }: ExecRequest,
): Pick<CommandOptions, "argv" | "env" | "cwd" | "input" | "onOutput"> {
  return { argv, env: { ...env, ...more }, cwd: workingDir ?? cwd, onOutput, ...(input && { input }) };
}

export async function runToEnd(options: CommandOptions, signal: AbortSignal | undefined): Promise<number> {
  const command = startCommand(options);
  const end = () => command.kill();
  if (signal?.aborted) end();
  signal?.addEventListener("abort", end);
  try {
    return await command.exited;
  } finally {
    signal?.removeEventListener("abort", end);
  }
}

/** HOSTNAME as docker sets it where the image does not, PORT, and what was given. */
export function containerEnvironment({ record, ports }: StartOptions): Record<string, string> {
  const { spec, image, id } = record;
  const fromImage = parseEnv(image.Env);
  const port = localPortToTell(ports, Number(fromImage.PORT));
  return {
    HOSTNAME: spec.hostname ?? id.slice(0, 12),
    ...fromImage,
    ...(port !== undefined && { PORT: String(port) }),
    ...spec.env,
  };
}

/** That of the port which the image names as its own, else of the first published one, else of the first. */
function localPortToTell(ports: StartOptions["ports"], named: number): number | undefined {
  const own = ports.find(({ containerPort }) => containerPort === named);
  const published = ports.find(({ hostPort }) => hostPort !== undefined);
  return (own ?? published ?? ports[0])?.localPort;
}
