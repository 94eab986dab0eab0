/**
 * The sorts of values that a variables file holds. Each carries as its description the words that finish the sentence
 * "allowed: ...": one text for the error message and for the JSON schema. Shapes and lengths are AWS's own, from the
 * API reference of the operation that is named beside them.
 */
import { isIPv4 } from "node:net";
import * as z from "zod";
import { parseCidr } from "./cidr.ts";
import { closest } from "./closest.ts";

// A compiled validator pays from the second time on, and a run reads its variables once. Set before any schema is made.
z.config({ jitless: true });

/** Guesses what was meant by a wrong value: "did you mean ...?". Undefined: no idea. */
export type Nearest = (written: string) => string | undefined;

/** The guesses that belong to a sort of value. */
export const guesses = z.registry<{ nearest: Nearest }>();

/** A string of a shape. */
function text(allowed: string, shape: RegExp, nearest?: Nearest) {
  const schema = z.string().regex(shape).describe(allowed);
  return nearest ? schema.register(guesses, { nearest }) : schema;
}

/** A whole number within bounds; `of` says of what, e.g. `seconds`. */
export function whole(min: number, max: number, of?: string) {
  return z
    .int()
    .min(min)
    .max(max)
    .describe(`a whole number ${of ? `of ${of} ` : ""}from ${min} to ${max}`);
}

/** A TCP or UDP port that something listens on. */
export function port() {
  return z.int().min(1).max(65_535).describe("a port from 1 to 65535");
}

/** One of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(...words: Words) {
  return z
    .enum(words)
    .describe(words.length === 1 ? words[0] : `one of ${words.join(", ")}`)
    .register(guesses, { nearest: (written) => closest(written, words) });
}

/** An IPv4 range that is one: AWS would silently clear the host bits, and the rule would not say what was written. */
export function cidr() {
  return z
    .string()
    .refine((written) => parseCidr(written)?.network === written)
    .describe("an IPv4 range such as 0.0.0.0/0 (everybody) or 203.0.113.7/32 (one address)")
    .meta({ format: "ipv4-cidr" })
    .register(guesses, { nearest: (written) => (isIPv4(written) ? `${written}/32` : parseCidr(written)?.network) });
}

/** The addresses of a VPC or a subnet (EC2 CreateVpc and CreateSubnet, CidrBlock). */
export function networkCidr() {
  return z
    .string()
    .refine((written) => {
      const range = parseCidr(written);
      return range?.network === written && range.length >= 16 && range.length <= 28;
    })
    .describe("an IPv4 range from /16 to /28 such as 10.0.0.0/16")
    .meta({ format: "ipv4-cidr" })
    .register(guesses, { nearest: (written) => parseCidr(written)?.network });
}

/**
 * The regions of the partition aws; a new one is added here. China and GovCloud are partitions of their own, with other ARNs, other
 * endpoints and other accounts (AWS General Reference, "ARN namespaces"), and the course is not about them.
 */
const REGIONS = [
  "af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2",
  "ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7",
  "ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3",
  "il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2",
].flatMap((line) => line.split(" "));

/** A region by its code. */
export function region() {
  return z
    .enum(REGIONS)
    .describe("an AWS region such as us-east-1 or sa-east-1; not of China, GovCloud or another partition")
    .register(guesses, { nearest: (written) => closest(written.replace(/[a-z]$/, ""), REGIONS) });
}

/** The letter of an availability zone: `a` in us-east-1 is us-east-1a. */
export function zone() {
  const lastLetter = (written: string) => /^(?:[a-z-]+\d)?([a-f])$/i.exec(written)?.[1]?.toLowerCase();
  return text("the letter of a zone, a to f (a in us-east-1 is us-east-1a)", /^[a-f]$/, lastLetter);
}

const SIZES = ["nano", "micro", "small", "medium", "large", "xlarge", "2xlarge"];
const INSTANCE_TYPES = ["t2", "t3", "t3a", "t4g", "m5", "m7g", "c7g"].flatMap((family) =>
  SIZES.map((size) => `${family}.${size}`),
);

/** An EC2 instance type (RunInstances, InstanceType). Whether the region offers it, only AWS knows. */
export function instanceType() {
  const shape = /^[a-z][a-z0-9-]*\d[a-z0-9-]*\.(nano|micro|small|medium|large|\d*xlarge|metal(-\d+xl)?)$/;
  return text("an EC2 instance type such as t3.micro", shape, (written) => closest(written, INSTANCE_TYPES));
}

/** An RDS instance class (CreateDBInstance, DBInstanceClass). */
export function instanceClass() {
  const classes = INSTANCE_TYPES.map((type) => `db.${type}`);
  const nearest = (written: string) => closest(written.startsWith("db.") ? written : `db.${written}`, classes);
  const shape = /^db\.[a-z][a-z0-9-]*\d[a-z0-9-]*\.(micro|small|medium|large|\d*xlarge)$/;
  return text("an RDS instance class such as db.t3.micro", shape, nearest);
}

/** The kind of a general purpose volume; gp3 is faster and cheaper, gp2 is what the course uses. */
export function volumeType() {
  return oneOf("gp2", "gp3");
}

/** The name of a parameter of our own in Parameter Store (PutParameter, Name). */
export function parameterName() {
  const allowed =
    "the name of an SSM parameter: letters, digits and . - _ in parts that begin with /, and not with /aws or /ssm";
  return text(allowed, /^(?!\/(aws|ssm))(\/[\w.-]+){1,15}$/i);
}

/** A public SSM parameter whose value is the id of a machine image (SSM, "Calling AMI public parameters"). */
export function imageParameter() {
  const allowed = "the name of a public SSM parameter that holds an image id, starting with /aws/service/";
  return text(allowed, /^\/aws\/service\/[\w./-]+$/);
}

/** A security group's name (CreateSecurityGroup, GroupName). AWS takes spaces off its ends, so it would never be found again. */
export function securityGroupName() {
  const allowed =
    "1 to 255 letters without accents, digits, spaces (not at an end) and ._-:/()#,@[]+=&;{}!$*, not default and not starting with sg-";
  const shape = /^(?!sg-)(?!default$)(?! )[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}(?<! )$/i;
  return text(allowed, shape, (written) => withoutAccents(written)?.trim());
}

/** What a security group, or a rule for addresses, is for (CreateSecurityGroup, GroupDescription; IpRange, Description). */
export function securityGroupDescription() {
  const allowed = "1 to 255 letters without accents, digits, spaces and ._-:/()#,@[]+=&;{}!$*";
  return text(allowed, /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/, withoutAccents);
}

/** What a rule for the members of another group is for (UserIdGroupPair, Description): the same without `&`. */
export function groupRuleDescription() {
  const allowed = "1 to 255 letters without accents, digits, spaces and ._-:/()#,@[]+=;{}!$*";
  const nearest: Nearest = (written) => withoutAccents(written)?.replace(/ *& */g, " e ").trim();
  return text(allowed, /^[a-zA-Z0-9 ._\-:/()#,@[\]+=;{}!$*]{1,255}$/, nearest);
}

const withoutAccents: Nearest = (written) => written.normalize("NFD").replace(/\p{Diacritic}/gu, "");

/** A role's name (CreateRole, RoleName). */
export function roleName() {
  return text("1 to 64 letters, digits and _+=,.@-", /^[\w+=,.@-]{1,64}$/);
}

/** An instance profile's name (CreateInstanceProfile, InstanceProfileName). */
export function instanceProfileName() {
  return text("1 to 128 letters, digits and _+=,.@-", /^[\w+=,.@-]{1,128}$/);
}

/** A managed policy: AWS's own by its name with its path, anyone's by its ARN (AttachRolePolicy, PolicyArn). */
export function managedPolicy() {
  const allowed = "the name of an AWS managed policy, with its path if it has one, or the ARN of a policy";
  const shape = /^(arn:aws:iam::(aws|\d{12}):policy\/)?([\w+=,.@-]+\/)*[\w+=,.@-]{1,128}$/;
  return text(allowed, shape);
}

/** The value of a tag (EC2 User Guide, "Tag restrictions"). */
export function tagValue() {
  return text("1 to 256 letters, digits, spaces and _.:/=+-@", /^[\p{L}\p{N}\s_.:/=+\-@]{1,256}$/u);
}

/** A database instance's identifier (CreateDBInstance, DBInstanceIdentifier). */
export function databaseIdentifier() {
  const allowed = "1 to 63 lower-case letters, digits and single hyphens, starting with a letter";
  return text(allowed, /^(?=.{1,63}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/, (written) => written.toLowerCase());
}

/** A PostgreSQL user or database name as RDS takes it (CreateDBInstance, MasterUsername and DBName). */
export function postgresName() {
  const allowed = "1 to 63 letters, digits and _, starting with a letter, and none of admin, rdsadmin, user";
  return text(allowed, /^(?!(admin|rdsadmin|user)$)[a-zA-Z]\w{0,62}$/);
}

/** A PostgreSQL version: major, or major.minor. */
export function postgresVersion() {
  const allowed = "a PostgreSQL version: major (16: its newest minor version) or major.minor (16.4)";
  return text(allowed, /^1[1-9](\.\d{1,2})?$/, (written) => /\d+(\.\d+)?/.exec(written)?.[0]);
}

/** A repository's name (ECR CreateRepository, repositoryName). */
export function repositoryName() {
  const allowed = "2 to 256 lower-case letters and digits, in parts separated by single . _ - or /";
  const shape = /^(?=.{2,256}$)[a-z0-9]+([._-][a-z0-9]+)*(\/[a-z0-9]+([._-][a-z0-9]+)*)*$/;
  return text(allowed, shape, (written) => written.toLowerCase());
}

/** An image's tag (OCI distribution specification). */
export function imageTag() {
  return text("1 to 128 letters, digits, _ . and -, not starting with . or -", /^\w[\w.-]{0,127}$/);
}

/** An image with its tag or digest (OCI distribution specification). */
export function imageName() {
  const allowed = "an image with its tag or digest, such as public.ecr.aws/docker/library/node:24";
  return text(allowed, /^[a-z0-9][a-z0-9._\-/:]*(:\w[\w.-]{0,127}|@sha256:[0-9a-f]{64})$/);
}

/** Words for people. */
export function words() {
  return text("1 to 500 printable characters", /^[^\p{C}]{1,500}$/u);
}

/** The name of a load balancer or target group (ELBv2 CreateLoadBalancer and CreateTargetGroup, Name). */
export function balancerName() {
  const allowed = "1 to 32 letters, digits and hyphens, no hyphen at either end, not starting with internal-";
  const nearest: Nearest = (written) =>
    written
      .replace(/[^a-zA-Z0-9]+/g, "-")
      .replace(/^-|-$/g, "")
      .slice(0, 32);
  return text(allowed, /^(?!internal-)[a-zA-Z0-9]([a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$/, nearest);
}

/** The name of a service of a compose file (Compose Specification, schema). */
export function composeService() {
  return text("letters, digits, dots, - and _", /^[a-zA-Z0-9._-]+$/);
}

/** A variable of an environment, as shells and docker compose name them. */
export function environmentName() {
  return text("letters, digits and _, no digit first", /^[A-Za-z_][A-Za-z0-9_]*$/);
}

/** What a variable of an environment can hold: anything but the character that ends it. */
export function environmentValue() {
  return text("a text without NUL", /^[^\0]*$/);
}

/** The path of a health check (ELBv2 CreateTargetGroup, HealthCheckPath). */
export function urlPath() {
  return text("a path that starts with /, up to 1024 characters", /^\/[\x21-\x7e]{0,1023}$/, (written) =>
    written.startsWith("/") ? undefined : `/${written}`,
  );
}

/** HTTP status codes (ELBv2 CreateTargetGroup, Matcher). */
export function statusCodes() {
  const allowed = "HTTP codes from 200 to 499: one (200), several (200,302) or ranges (200-299)";
  return text(allowed, /^[2-4]\d\d(-[2-4]\d\d)?(,[2-4]\d\d(-[2-4]\d\d)?)*$/);
}

/** A name in ECS: cluster, service, task definition family, container (ECS API Reference). */
export function ecsName() {
  const nearest: Nearest = (written) => withoutAccents(written)?.replace(/[^\w-]+/g, "-");
  return text("1 to 255 letters, digits, hyphens and _", /^[a-zA-Z0-9_-]{1,255}$/, nearest);
}

/** The name of a namespace of Cloud Map (CreateHttpNamespace, Name; of its signs those that a host's name may have). */
export function namespaceName() {
  const allowed = "1 to 253 letters, digits, hyphens, _ and single dots, not at an end";
  return text(allowed, /^(?=.{1,253}$)[\w-]+(\.[\w-]+)*$/);
}

/** The name of a secret (CreateSecret, Name). One that ends as AWS ends the secret's ARN would be taken for that. */
export function secretName() {
  const allowed = "1 to 512 letters, digits and /_+=.@-, not ending with a hyphen and six of them";
  return text(allowed, /^(?!.*-[a-zA-Z0-9]{6}$)[\w/+=.@-]{1,512}$/);
}

/** The name of a table of DynamoDB (CreateTable, TableName). */
export function tableName() {
  return text("3 to 255 letters, digits and . - _", /^[\w.-]{3,255}$/);
}

/** The name of a scaling policy. (Application Auto Scaling takes more: PutScalingPolicy, PolicyName) */
export function scalingPolicyName() {
  const nearest: Nearest = (written) => withoutAccents(written)?.replace(/[^\w.-]+/g, "-");
  return text("1 to 256 letters, digits and . - _", /^[\w.-]{1,256}$/, nearest);
}

/** The name of a log group (CloudWatch Logs CreateLogGroup, logGroupName; names that begin with aws/ are AWS's). */
export function logGroupName() {
  const nearest: Nearest = (written) => withoutAccents(written)?.replace(/[^\w.\-/#]+/g, "-");
  const allowed = "1 to 512 letters without accents, digits and . - _ / #, not starting with aws/";
  return text(allowed, /^(?!aws\/)[.\-_/#A-Za-z0-9]{1,512}$/, nearest);
}

/** Days that events are kept (CloudWatch Logs PutRetentionPolicy, retentionInDays). */
const RETENTION = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/** How many days a log group keeps events. */
export function retention() {
  return z.literal([...RETENTION]).describe(`a number of days that AWS knows: ${RETENTION.join(", ")}`);
}

/** A capacity provider's name (ECS CreateCapacityProvider, name). */
export function capacityProviderName() {
  const allowed = "1 to 255 letters, digits, hyphens and _, not starting with aws, ecs or fargate";
  return text(allowed, /^(?!aws|ecs|fargate)[a-zA-Z0-9_-]{1,255}$/i);
}

/** A launch template's name (EC2 CreateLaunchTemplate, LaunchTemplateName). */
export function launchTemplateName() {
  return text("3 to 128 letters, digits and ().-/_", /^[a-zA-Z0-9().\-/_]{3,128}$/);
}

/** An auto scaling group's name (CreateAutoScalingGroup, AutoScalingGroupName). */
export function autoScalingGroupName() {
  return text("1 to 255 printable characters, no colon", /^[^:\p{C}]{1,255}$/u);
}

/**
 * A version of the Docker Compose plugin, as its releases are tagged. From v2.40.2 on they do not build with the buildx that
 * Amazon Linux has (https://github.com/docker/compose/pull/13295).
 */
export function composeVersion() {
  const nearest: Nearest = (written) => (/^\d+\.\d+\.\d+$/.test(written) ? `v${written}` : undefined);
  const allowed =
    "a release of Docker Compose such as v2.23.3, before v2.40.2, which needs a newer buildx than there is";
  return text(allowed, /^v2\.([0-9]|[123][0-9]|40(?=\.[01]$))\.\d+$/, nearest);
}

/** A domain that one can register, without a host in front of it. */
export function domainName() {
  const allowed = "a domain of lower-case labels such as example.com.br, without www. or https://";
  const nearest: Nearest = (written) =>
    written
      .toLowerCase()
      .replace(/^https?:\/\//, "")
      .replace(/^www\./, "")
      .replace(/[/.]+$/, "");
  const shape = /^(?=.{4,253}$)(?!www\.)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;
  return text(allowed, shape, nearest);
}

/** One label of a host name. */
export function hostLabel() {
  return text("one label of a host name: letters, digits and hyphens", /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
}

/** Paths with a drive are none outside of Windows: they would be taken for names in the folder of the file. */
const FOLDER =
  process.platform === "win32"
    ? /^(?!\s*$)(?!(https?|ssh):|git@)[^\0]{1,4096}$/
    : /^(?!\s*$)(?!(https?|ssh):|git@|[a-zA-Z]:[\\/])[^\0]{1,4096}$/;

/** A folder of this computer. */
export function folder() {
  const nearest: Nearest = (written) => {
    // Where Windows's drives are in its Linux.
    const [, drive, rest] = /^([a-zA-Z]):[\\/](.*)$/.exec(written) ?? [];
    return drive && rest !== undefined ? `/mnt/${drive.toLowerCase()}/${rest.replaceAll("\\", "/")}` : undefined;
  };
  return text("the path of a folder of this computer; a repository is written { git: URL }", FOLDER, nearest);
}

/** A repository that git can fetch without asking for a password. It stands in commands that AWS keeps: no secrets. */
export function gitUrl() {
  const allowed = "an https URL of a git repository, without a user or a password";
  const nearest: Nearest = (written) => {
    const [, host, path] = /^(?:(?:ssh:\/\/)?git@|[a-z]+:\/\/(?:[^/]*@)?)([\w.-]+)[:/]([^?#]+)/.exec(written) ?? [];
    return host === undefined ? undefined : `https://${host}/${path}`;
  };
  return text(allowed, /^https:\/\/[\w.-]+(:\d+)?\/[\w./~+-]+$/, nearest);
}

/** What git checks out: a branch, a tag or a whole commit id (git-check-ref-format). */
export function gitRef() {
  return text("a branch, a tag or a whole commit id", /^(?![-/.])(?!.*\.\.)[\w./+-]{1,200}(?<![/.])$/);
}
