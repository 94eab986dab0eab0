import { findUser } from "./accounts.ts";
import type { AwsAccess } from "./aws-access.ts";
import { buildImage } from "./base-image.ts";
import type { DockerEngine, DockerHost } from "./docker/engine.ts";
import type { MachineFacts } from "./facts.ts";
import type { Result } from "./program.ts";
import { runScript, type Stream } from "./shell.ts";
import { type CloudInitStatus, System, type SystemSnapshot } from "./system.ts";
import { runUserData } from "./user-data.ts";
import type { Vpc } from "./vpc.ts";

export { type AwsAccess, AwsRefusal, type AwsService, endpointUrl } from "./aws-access.ts";
export {
  type ContainerUsage,
  type DockerEngine,
  type DockerHost,
  isDockerError,
  type MachineFiles,
  type RegistryLogin,
} from "./docker/engine.ts";
export type { MachineFacts } from "./facts.ts";
export type { CloudInitStatus } from "./system.ts";
export type { Vpc } from "./vpc.ts";

/** Everything a machine must be told to be itself again, as JSON. What the image has anyway is left out. */
export type MachineSnapshot = SystemSnapshot;

export interface UserDataOptions {
  /** Called with what goes to /var/log/cloud-init-output.log. */
  readonly onOutput?: ((chunk: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RunOptions {
  /** Default root, as SSM's agent runs commands. */
  readonly user?: string | undefined;
  /** Default `/usr/bin`, the folder that SSM's agent runs commands in. */
  readonly cwd?: string | undefined;
  /** Beside PATH; HOME is not set unless it is here, as under SSM's agent. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly stdin?: string | undefined;
  /** Called with output as the script's statements end. */
  readonly onOutput?: ((stream: Stream, chunk: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** PATH of services that systemd starts, SSM's agent and cloud-init among them. */
const SERVICE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";

/**
 * A simulated EC2 instance that runs Amazon Linux 2023. Scripts are interpreted by just-bash on a disk in memory: no
 * process is started and no file of the user's computer is touched, except by the engine given to its docker.
 */
export class Machine {
  private readonly system: System;

  private constructor(system: System) {
    this.system = system;
  }

  /**
   * A machine that has just booted for the first time, or the one that `snapshot` was taken of.
   *
   * @param docker the engine behind the machine's docker daemon; without one docker refuses what needs an engine
   * @param aws what the machine's role may do; without it the machine has no credentials
   * @param vpc what it reaches beside itself
   */
  static create(
    facts: MachineFacts,
    snapshot?: MachineSnapshot,
    docker?: DockerHost,
    aws?: AwsAccess,
    vpc?: Vpc,
  ): Machine {
    const system = new System(facts, docker, aws, vpc);
    buildImage(system);
    if (snapshot) system.restore(snapshot);
    return new Machine(system);
  }

  get facts(): MachineFacts {
    return this.system.facts;
  }

  /** How far cloud-init is. `not run` until `runUserData`, and again after a restore when user data was cut off. */
  get cloudInitStatus(): CloudInitStatus {
    return this.system.cloudInit.status;
  }

  /**
   * What cloud-init does on the first boot; call it once for every machine, with an empty text where an instance has no
   * user data, because `cloud-init status --wait` waits for it. A script must begin with `#!`; any other text is left
   * alone with a warning in the log. The exit code is the script's.
   */
  runUserData(userData: string, options: UserDataOptions = {}): Promise<{ exitCode: number; output: string }> {
    return runUserData(this.system, userData, { path: SERVICE_PATH, ...options });
  }

  /** Runs a script as SSM's Run Command does. Aborted: ends at once with exit code 143 and the output so far. */
  async run(script: string, options: RunOptions = {}): Promise<Result> {
    const { user: name = "root", cwd = "/usr/bin", env, ...rest } = options;
    const user = findUser(this.system.disk, name);
    if (!user) throw new Error(`machine ${this.facts.instanceId} has no user ${name}`);
    const { stdin, ...others } = rest;
    const input = stdin === undefined ? {} : { stdin };
    const settings = { cwd, env: { PATH: SERVICE_PATH, ...env }, ...input, ...others };
    await this.system.docker.refresh();
    const result = await runScript(this.system, user, script, settings);
    await this.system.docker.refresh();
    return result;
  }

  /**
   * The engine of its docker daemon, which is started if it does not run.
   *
   * @returns undefined: there is none, or it cannot be opened, e.g. on a full disk
   */
  async docker(): Promise<DockerEngine | undefined> {
    if (!this.system.docker.engine) await this.run("systemctl start docker");
    return this.system.docker.engine?.catch(() => undefined);
  }

  /** Stops what runs outside of the machine for it: its containers. It must not be used afterwards. */
  powerOff(): Promise<void> {
    return this.system.docker.stop();
  }

  snapshot(): MachineSnapshot {
    return this.system.snapshot();
  }
}
