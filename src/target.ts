import type { Answered } from "./aws/answered.ts";
import { RunStopped } from "./engine/errors.ts";
import {
  answeredSince,
  ensureSandbox,
  type Sandbox,
  type SandboxDetails,
  SandboxError,
  sandboxAuthority,
  sandboxStatus,
  whereOpen,
} from "./sandbox/daemon.ts";

/** The AWS that a run talks to, as SDK clients take it. */
export interface Target {
  readonly name: TargetName;
  readonly region: string;
  /** URL in place of AWS's endpoints; absent: AWS's own, or what AWS_ENDPOINT_URL says. */
  readonly endpoint?: string;
  /** Absent: the SDK's own chain (environment, AWS_PROFILE, SSO, instance role). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** How many times faster than real the target's clock runs. */
  readonly speed: number;
  /** Milliseconds since the epoch on the target's clock. Absent: as on this computer's. */
  readonly now?: () => number;
  /** Whether things take as long there as on AWS; a sandbox and other emulators are quick, unless they are told not to be. */
  readonly isUsual: boolean;
  /** True if the sandbox did not run before. */
  readonly startedNow?: boolean;
  /**
   * Where urls of AWS are opened from this computer, by url; those that are served nowhere are left out. Absent: where they
   * say, as on AWS.
   */
  readonly whereOpen?: (urls: readonly string[]) => Promise<Readonly<Record<string, string>>>;
  /** What runs in the dockers of its machines, by the instances' ids, as `docker ps --all` has it. Absent: only the machines themselves can tell. */
  readonly dockerOf?: () => Promise<Readonly<Record<string, readonly DockerContainer[]>>>;
  /**
   * How many requests took which way through its load balancers since a time on its clock, up to an hour back. Absent: it tells
   * neither rules nor targets apart, as CloudWatch.
   */
  readonly answered?: (since: number) => Promise<readonly Answered[]>;
  /** How its registries of images are reached from this computer: all at one url, or at their own names. Absent: not at all. */
  readonly registry?: { readonly url?: string };
  /**
   * Certificate, in PEM, of the authority that signs for a host there. Absent: one that every computer trusts, as on AWS.
   *
   * @throws RunStopped
   */
  readonly authorityOf?: (host: string) => Promise<string>;
  /** Something to tell the person, e.g. that an older sandbox was replaced. */
  readonly notice?: string;
}

/** A container of a machine's docker. */
export interface DockerContainer {
  readonly name: string;
  readonly image: string;
  /** In docker's words, e.g. `running`. */
  readonly status: string;
  /** `PORT->CONTAINER'S PORT`, each. */
  readonly ports: readonly string[];
}

/** The sandbox on this machine, or AWS itself. */
type TargetName = "sandbox" | "aws";

/** What decides about the target. */
export interface TargetChoice {
  /** `--target`. */
  readonly flag?: string | undefined;
  /** The environment, for BIA_TARGET, AWS_REGION and AWS_DEFAULT_REGION. */
  readonly env: NodeJS.ProcessEnv;
  /** The variables file. */
  readonly variables: { readonly target: TargetName; readonly region?: string | undefined };
}

/**
 * Decides which AWS a run talks to, and starts the sandbox if that is the one and it does not run.
 *
 * The target: `--target`, else BIA_TARGET, else the variables file, whose default is the sandbox.
 *
 * The region: AWS_REGION (or AWS_DEFAULT_REGION, as the `aws` CLI has it), else the variables file, else on AWS the
 * region of the profile, else us-east-1. An environment and a variables file that name different regions are refused:
 * whichever won, somebody would build, or destroy, where they did not mean to.
 *
 * With the sandbox as target no request can leave the machine: its endpoint and its keys are handed to every client,
 * and the SDK prefers those to anything in the environment or in a profile. For AWS the SDK's own conventions hold
 * (AWS_PROFILE, SSO, AWS_ENDPOINT_URL).
 *
 * @throws RunStopped with exit code 2 for a target or region that makes no sense, 1 if the sandbox does not start
 */
export async function resolveTarget(choice: TargetChoice): Promise<Target> {
  const name = targetName(choice);
  const region = await regionOf(name, choice);
  if (name === "sandbox") return sandboxTarget(region);
  const isAws = !choice.env.AWS_ENDPOINT_URL;
  return { name, region, speed: 1, isUsual: isAws, ...(isAws && { registry: {} }) };
}

function targetName({ flag, env, variables }: TargetChoice): TargetName {
  const [source, value] = flag !== undefined ? ["--target", flag] : ["BIA_TARGET", env.BIA_TARGET];
  if (value === undefined || value === "") return variables.target;
  if (value === "sandbox" || value === "aws") return value;
  throw new RunStopped(
    `${source} is ${JSON.stringify(value)}, which is no target.`,
    "Use sandbox (on this machine, free) or aws (a real account).",
    2,
  );
}

async function regionOf(name: TargetName, { env, variables }: TargetChoice): Promise<string> {
  const [variable, asked] = env.AWS_REGION
    ? ["AWS_REGION", env.AWS_REGION]
    : ["AWS_DEFAULT_REGION", env.AWS_DEFAULT_REGION || undefined];
  const written = variables.region;
  if (asked !== undefined) await checkRegion(variable, asked);
  if (asked !== undefined && written !== undefined && asked !== written) {
    throw new RunStopped(
      `${variable} is ${asked}, but the variables file says region ${written}.`,
      `Unset ${variable}, or set it to ${written}, or change region in the variables file.`,
      2,
    );
  }
  if (asked !== undefined || written !== undefined || name !== "aws") return asked ?? written ?? "us-east-1";
  return (await profileRegion(env)) ?? "us-east-1";
}

async function checkRegion(source: string, asked: string): Promise<void> {
  const { region } = await import("./variables/values.ts");
  if (region().safeParse(asked).success) return;
  const what = OTHER_PARTITION.test(asked)
    ? "which is not of the partition aws: the regions of China, of GovCloud and of others like them are not supported"
    : "which is no AWS region";
  throw new RunStopped(
    `${source} is ${JSON.stringify(asked)}, ${what}.`,
    `Set AWS_REGION, or region in the variables file, to a region such as us-east-1 or sa-east-1.`,
    2,
  );
}

/** Regions of aws-cn, aws-us-gov, the isolated partitions and the European one (SDK, partitions.json). */
const OTHER_PARTITION = /^(cn|us-gov|us-iso[a-z]?|eu-isoe|eusc)-/;

/** Region of the profile in ~/.aws/config; undefined: it names none. */
async function profileRegion(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { loadSharedConfigFiles } = await import("@smithy/core/config");
  const { configFile } = await loadSharedConfigFiles();
  const profile = env.AWS_PROFILE || "default";
  const region = configFile[profile]?.region;
  if (region !== undefined) await checkRegion(`the region of profile ${profile}`, region);
  return region;
}

function openedBy(sandbox: Sandbox) {
  return async (urls: readonly string[]) => (urls.length > 0 ? whereOpen(sandbox, urls) : {});
}

function dockersIn(region: string): NonNullable<Target["dockerOf"]> {
  return async () => {
    const { details } = await sandboxStatus();
    const machines = (details?.machines ?? []).filter((machine) => machine.region === region);
    return Object.fromEntries(machines.map(({ id, containers }) => [id, containers.map(dockerContainer)]));
  };
}

function dockerContainer({
  name,
  image,
  status,
  ports,
}: SandboxDetails["machines"][number]["containers"][number]): DockerContainer {
  return { name, image, status, ports: ports.map(({ hostPort, containerPort }) => `${hostPort}->${containerPort}`) };
}

function authorityOf(host: string): Promise<string> {
  return explained(async () => {
    // The names below localhost are all signed for by one.
    const { pem } = await sandboxAuthority(host.endsWith(".localhost") ? undefined : host);
    return pem;
  });
}

/**
 * Certificate, in PEM, of the authority that signs for a name below localhost, where a sandbox runs; undefined: for this host there
 * is none but those that every computer trusts.
 *
 * @throws RunStopped
 */
export async function authorityHere(host: string): Promise<string | undefined> {
  if (!host.endsWith(".localhost") || !(await sandboxStatus()).running) return undefined;
  return authorityOf(host);
}

function sandboxTarget(region: string): Promise<Target> {
  return explained(async () => {
    const sandbox = await ensureSandbox();
    const { endpoint, credentials, speed, now, delays, startedNow, replaced, registry } = sandbox;
    const notice = replaced && `The sandbox of bia-infra ${replaced} was replaced; everything in it is still there.`;
    const isUsual = delays === "real";
    const here = {
      endpoint,
      credentials,
      speed,
      now,
      isUsual,
      startedNow,
      whereOpen: openedBy(sandbox),
      authorityOf,
      dockerOf: dockersIn(region),
    };
    const answered = (since: number) => answeredSince(sandbox, since);
    const reached = registry === undefined ? {} : { registry: { url: `http://${registry}` } };
    return { name: "sandbox", region, ...here, answered, ...reached, ...(notice && { notice }) };
  });
}

async function explained<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof SandboxError) throw new RunStopped(error.message, error.next, 1);
    throw error;
  }
}

/** Where a database of the sandbox answers on this computer; undefined: it lets nobody in at the moment. */
export async function databasePlace(
  region: string,
  identifier: string,
): Promise<{ readonly host: string; readonly port: number } | undefined> {
  const { details } = await sandboxStatus();
  const row = details?.databases.find((one) => one.region === region && one.id === identifier);
  const [, host, port] = /^(.+):(\d+)$/.exec(row?.reachedAt ?? "") ?? [];
  return host === undefined ? undefined : { host, port: Number(port) };
}
