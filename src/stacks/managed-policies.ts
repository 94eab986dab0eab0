/** Managed policies that AWS keeps under the path `service-role/`: without it their ARN names nothing (NoSuchEntity). */
const SERVICE_ROLE = new Set(["AmazonEC2ContainerServiceforEC2Role", "AmazonECSTaskExecutionRolePolicy"]);

/** The ARN of one of AWS's managed policies; an ARN is answered as it is. */
export function managedPolicyArn(name: string): string {
  if (name.startsWith("arn:")) return name;
  return `arn:aws:iam::aws:policy/${SERVICE_ROLE.has(name) ? "service-role/" : ""}${name}`;
}
