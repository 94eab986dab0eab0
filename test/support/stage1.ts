import {
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
} from "@aws-sdk/client-ec2";
import { ListAttachedRolePoliciesCommand, ListInstanceProfilesCommand, ListRolesCommand } from "@aws-sdk/client-iam";
import { DescribeParametersCommand } from "@aws-sdk/client-ssm";
import { AwsClients } from "../../src/aws/clients.ts";
import { type Session, sessionOn } from "../../src/commands/session.ts";
import { create } from "../../src/engine/create.ts";
import { criticalPath } from "../../src/engine/critical-path.ts";
import { destroy, findDoomed } from "../../src/engine/destroy.ts";
import type { RunEvent, TaskOutcome } from "../../src/engine/event.ts";
import { type Told, taskOutcomes } from "../../src/engine/outcome.ts";
import { plan } from "../../src/engine/plan.ts";
import { type Selection, withNeeds } from "../../src/engine/selection.ts";
import type { AnyTask } from "../../src/engine/task.ts";
import type { Outcome } from "../../src/engine/walk.ts";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { load } from "../../src/variables/index.ts";

/** What a run in this process came to. */
export interface RunResult {
  readonly tasks: readonly TaskOutcome[];
  readonly calls: { readonly reading: number; readonly changing: number };
  readonly events: readonly Omit<RunEvent, "at">[];
  /** Length of the critical path in milliseconds. */
  readonly path: number;
  readonly failed: boolean;
}

/** Which part of the stack to work on and how. */
export interface RunOptions {
  /** Work only on this task and what it needs. */
  readonly only?: string;
  readonly adopt?: boolean;
  readonly concurrency?: number;
}

/** Creates stage 1 on a sandbox, in this process. */
export function createOn(sandbox: RunningSandbox, options: RunOptions = {}): Promise<RunResult> {
  return inSession("create", sandbox, options, (session, { tasks, findOnly }) =>
    create(session.run(), { tasks, findOnly, adopt: options.adopt ?? false }),
  );
}

/** Plans stage 1. */
export function planOn(sandbox: RunningSandbox, options: RunOptions = {}): Promise<RunResult> {
  return inSession("plan", sandbox, options, (session, selection) => plan(session.run(), selection));
}

/** Destroys what is there of stage 1. */
export function destroyOn(sandbox: RunningSandbox, options: RunOptions = {}): Promise<RunResult> {
  return inSession("destroy", sandbox, options, async (session, selection) => {
    const doomed = await findDoomed(session.run({ quiet: true }), session.stack, selection);
    const wanted = new Set(selection.tasks);
    return destroy(session.run(), { ...doomed, tasks: doomed.tasks.filter((task) => wanted.has(task)) });
  });
}

async function inSession(
  command: string,
  sandbox: RunningSandbox,
  options: RunOptions,
  act: (session: Session, selection: Selection) => Promise<Map<AnyTask, Outcome<Told>>>,
): Promise<RunResult> {
  const events: Omit<RunEvent, "at">[] = [];
  const target = {
    name: "aws",
    region: "us-east-1",
    endpoint: sandbox.endpoint,
    credentials: sandbox.keys,
    speed: sandbox.world.clock.speed || 1,
  } as const;
  // Those of commands that run in this folder: the course's, with an app that is up within a second.
  const { variables } = await load(undefined, import.meta.dirname);
  const { signal } = new AbortController();
  const ways = options.concurrency === undefined ? {} : { concurrency: options.concurrency };
  const setting = { command, options: ways, signal, emit: (event: Omit<RunEvent, "at">) => void events.push(event) };
  const session = await sessionOn(target, variables, setting);
  try {
    const outcomes = await act(session, selectionOf(session, options.only));
    await session.lock.release();
    const tasks = taskOutcomes(session.stack, outcomes, session.errors, false);
    const { reading, changing } = session.clients.calls;
    const failed = tasks.some(({ verdict }) => verdict === "failed" || verdict === "skipped");
    const path = criticalPath(outcomes, command === "destroy" ? "reverse" : "forward").ms;
    return { tasks, calls: { reading, changing }, events, path, failed };
  } finally {
    session.clients.close();
  }
}

function selectionOf({ stack, selection }: Session, only: string | undefined): Selection {
  if (only === undefined) return selection;
  const task = selection.tasks.find(({ id }) => id === only);
  if (!task) throw new Error(`no task ${only}`);
  return { ...selection, tasks: withNeeds(stack, [task]) };
}

/** The verdict on each task. */
export function verdicts({ tasks }: RunResult): Record<string, string> {
  return Object.fromEntries(tasks.map(({ id, verdict }) => [id, verdict]));
}

/**
 * Everything that stage 1 can leave behind, as AWS lists it, with what differs between two equal worlds (ids, times)
 * left out. Terminated instances are left out too: they stay listed for an hour.
 */
export async function everything(sandbox: RunningSandbox): Promise<Record<string, unknown>> {
  const clients = clientsOf(sandbox);
  const [groups, rules, instances, volumes, interfaces, roles, profiles, parameters] = await Promise.all([
    clients.ec2.send(new DescribeSecurityGroupsCommand({ MaxResults: 100 })),
    clients.ec2.send(new DescribeSecurityGroupRulesCommand({ MaxResults: 100 })),
    clients.ec2.send(new DescribeInstancesCommand({ MaxResults: 100 })),
    clients.ec2.send(new DescribeVolumesCommand({ MaxResults: 100 })),
    clients.ec2.send(new DescribeNetworkInterfacesCommand({ MaxResults: 100 })),
    clients.iam.send(new ListRolesCommand({ MaxItems: 100 })),
    clients.iam.send(new ListInstanceProfilesCommand({ MaxItems: 100 })),
    clients.ssm.send(new DescribeParametersCommand({ MaxResults: 50 })),
  ]);
  const living = (instances.Reservations ?? [])
    .flatMap(({ Instances }) => Instances ?? [])
    .filter(({ State }) => State?.Name !== "terminated");
  const policies = await Promise.all(
    (roles.Roles ?? []).map(async ({ RoleName }) => {
      const attached = await clients.iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
      return [RoleName, attached.AttachedPolicies?.map(({ PolicyName }) => PolicyName).sort()];
    }),
  );
  clients.close();
  return {
    groups: groups.SecurityGroups?.map(({ GroupName, Description, Tags }) => [
      GroupName,
      Description,
      tagsOf(Tags),
    ]).sort(),
    rules: rules.SecurityGroupRules?.map((rule) => [
      rule.IsEgress,
      rule.IpProtocol,
      rule.FromPort,
      rule.ToPort,
      rule.CidrIpv4,
    ])
      .map((rule) => rule.join(" "))
      .sort(),
    instances: living.map(({ State, InstanceType, Tags, IamInstanceProfile, SecurityGroups }) => ({
      state: State?.Name,
      type: InstanceType,
      tags: tagsOf(Tags),
      profile: IamInstanceProfile?.Arn,
      groups: SecurityGroups?.map(({ GroupName }) => GroupName),
    })),
    volumes: volumes.Volumes?.map(({ Size, VolumeType, Tags }) => [Size, VolumeType, tagsOf(Tags)]),
    interfaces: interfaces.NetworkInterfaces?.length,
    roles: roles.Roles?.map(({ RoleName, Path }) => [RoleName, Path]).sort(),
    policies: Object.fromEntries(policies),
    profiles: profiles.InstanceProfiles?.map(({ InstanceProfileName, Roles }) => [
      InstanceProfileName,
      Roles?.map(({ RoleName }) => RoleName),
    ]),
    parameters: parameters.Parameters?.map(({ Name }) => Name),
  };
}

/** Tags by key, without the receipts of scripts: their command ids differ from run to run. */
function tagsOf(
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): Record<string, string | undefined> {
  const kept = (tags ?? []).map(
    ({ Key = "", Value }) => [Key, Key.startsWith("bia-infra:did:") ? "done" : Value] as const,
  );
  return Object.fromEntries([...kept].sort());
}

/** Clients of a sandbox for a test's own calls. */
export function clientsOf(sandbox: RunningSandbox): AwsClients {
  return new AwsClients({ endpoint: sandbox.endpoint, region: "us-east-1", credentials: sandbox.keys });
}

/** Id of the work machine. */
export async function instanceIdOn(sandbox: RunningSandbox): Promise<string> {
  const clients = clientsOf(sandbox);
  const Filters = [{ Name: "tag:Name", Values: ["bia-dev"] }];
  const { Reservations } = await clients.ec2.send(new DescribeInstancesCommand({ Filters }));
  clients.close();
  return Reservations?.[0]?.Instances?.[0]?.InstanceId ?? "";
}
