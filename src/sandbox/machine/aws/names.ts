/** Names of the command line for services that sign with another one. */
const SIGNED_AS: Readonly<Record<string, string>> = {
  cloudwatch: "monitoring",
  elbv2: "elasticloadbalancing",
  "service-quotas": "servicequotas",
};

/** What a command of the command line (`elbv2`) signs as; undefined: that is no command of it. */
export function signingName(command: string): string | undefined {
  if (Object.values(SIGNED_AS).includes(command)) return undefined;
  return SIGNED_AS[command] ?? command;
}

/** `DescribeDBInstances` as the command line writes it: `describe-db-instances`. (botocore: `xform_name`) */
export function commandName(name: string): string {
  // `LoadBalancerARNs` and the like are one word.
  const parts = name.replace(/[A-Z]{2,}s$/, (word) => `-${word.toLowerCase()}`);
  return parts
    .replace(/(.)([A-Z][a-z]+)/g, "$1-$2")
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replaceAll("--", "-")
    .toLowerCase();
}
