import { paginateDescribeInstances } from "@aws-sdk/client-ec2";
import { GetInstanceProfileCommand } from "@aws-sdk/client-iam";
import { nameIn } from "../../aws/arn.ts";
import { type Finding, findingsOn } from "../../aws/finding.ts";
import { type Check, type Examined, machinesOf } from "./check.ts";
import { type Lacking, lackingIn } from "./rights.ts";

/** Rights of one sort, and on what. */
interface Rights {
  /** In words, e.g. `pull image`. */
  readonly subject: string;
  readonly on: readonly { readonly actions: readonly string[]; readonly resources: readonly string[] }[];
  /** A managed policy that has them. */
  readonly policy: string;
}

/**
 * Whether the image may be pulled and what the task prints be sent away. On EC2 the agent uses the execution role or its machine's,
 * by its version and settings (ECS Developer Guide, "Amazon ECS task execution IAM role"), so it is a problem only where neither may.
 */
export const pullAndPrint: Check = {
  subject: "pull image",
  async look(examined) {
    const looks = rightsOf(examined).map((rights) => findingsOn(rights.subject, () => judge(examined, rights)));
    return (await Promise.all(looks)).flat();
  },
};

async function judge(examined: Examined, { subject, on, policy }: Rights): Promise<Finding[]> {
  const { executionRole: role } = examined.definition;
  const lacking = await lackingOf(examined, role, on);
  const denied = lacking.filter(({ unsure }) => unsure === undefined);
  if (lacking.length === 0) return [{ level: "ok", subject, text: `${nameIn(role)} may` }];
  const [first = lacking[0]] = denied;
  const text = `${nameIn(role)} may not ${first?.action} on ${first?.resource}`;
  const [doubt] = lacking;
  if (denied.length === 0) return [{ level: "unknown", subject, text: `${text}, or ${doubt?.unsure}` }];
  const others = await machineRoles(examined);
  const able = await Promise.all(others.map(async (one) => (await lackingOf(examined, one, on)).length === 0));
  if (others.length > 0 && able.every(Boolean)) {
    const instead = `${others.map(nameIn).join(", ")}, the role of the machines, may`;
    return [{ level: "note", subject, text: `${text}, but ${instead}` }];
  }
  const next = `Attach ${policy} to ${nameIn(role)}; \`bia-infra create --all\` does so for the stack's own role.`;
  return [{ level: "problem", subject, text, next }];
}

async function lackingOf({ aws }: Examined, role: string, on: Rights["on"]): Promise<Lacking[]> {
  const asked = on.map(({ actions, resources }) => lackingIn(aws, role, actions, resources));
  return (await Promise.all(asked)).flat();
}

function rightsOf({ aws: { region, account }, definition }: Examined): Rights[] {
  const repositories = definition.containers.flatMap(({ image }) => repositoryArn(image) ?? []);
  const groups = definition.containers.flatMap(({ logConfiguration }) =>
    logConfiguration?.driver === "awslogs" ? (logConfiguration.options["awslogs-group"] ?? []) : [],
  );
  const policy = "service-role/AmazonECSTaskExecutionRolePolicy";
  const pull: Rights = {
    subject: "pull image",
    on: [
      { actions: ["ecr:GetAuthorizationToken"], resources: ["*"] },
      {
        actions: ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
        resources: [...new Set(repositories)],
      },
    ],
    policy,
  };
  // CreateLogStream is on the group, PutLogEvents on one of its streams. (Service Authorization Reference)
  const streams = [...new Set(groups)].map(
    (name) => `arn:aws:logs:${region}:${account}:log-group:${name}:log-stream:a`,
  );
  const print: Rights = {
    subject: "print to logs",
    on: [{ actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: streams }],
    policy,
  };
  return [...(repositories.length > 0 ? [pull] : []), ...(streams.length > 0 ? [print] : [])];
}

/** ARN of the ECR repository that an image is in; undefined: it is in none. */
function repositoryArn(image: string): string | undefined {
  const [, account, region, path = ""] = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/(.+)$/.exec(image) ?? [];
  return account && `arn:aws:ecr:${region}:${account}:repository/${path.replace(/[:@].*$/, "")}`;
}

/** ARNs of the roles of the cluster's machines. */
async function machineRoles(examined: Examined): Promise<string[]> {
  const { aws } = examined;
  const InstanceIds = (await machinesOf(examined)).flatMap(({ ec2InstanceId }) => ec2InstanceId ?? []);
  if (InstanceIds.length === 0) return [];
  const profiles: string[] = [];
  for await (const { Reservations = [] } of paginateDescribeInstances({ client: aws.ec2 }, { InstanceIds })) {
    const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
    profiles.push(...instances.flatMap(({ IamInstanceProfile }) => IamInstanceProfile?.Arn ?? []));
  }
  const looks = [...new Set(profiles)].map(async (arn) => {
    const found = await aws.iam.send(new GetInstanceProfileCommand({ InstanceProfileName: nameIn(arn) }));
    return (found.InstanceProfile?.Roles ?? []).flatMap(({ Arn }) => Arn ?? []);
  });
  return (await Promise.all(looks)).flat();
}
