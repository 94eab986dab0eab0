import { type AwsAccess, AwsRefusal } from "../machine/machine.ts";
import { roleNameOf } from "../world/ec2/instance-profiles.ts";
import { lookUp, parameterArn, shownValue } from "../world/parameters.ts";
import type { Role } from "../world/records.ts";
import { registryPassword } from "../world/registry.ts";
import { allows, trusts } from "../world/role-permissions.ts";
import type { Region, World } from "../world/world.ts";

/** AWS as the programs of an instance reach it: with the role that its profile holds now. */
export class InstanceAws implements AwsAccess {
  readonly #world: World;
  readonly #region: Region;
  readonly #instanceId: string;

  constructor(world: World, region: Region, instanceId: string) {
    this.#world = world;
    this.#region = region;
    this.#instanceId = instanceId;
  }

  get hasCredentials(): boolean {
    return this.#findRole() !== undefined;
  }

  callerIdentity() {
    const { RoleId } = this.#role();
    return { UserId: `${RoleId}:${this.#instanceId}`, Account: this.#world.account, Arn: this.#principal() };
  }

  registryPassword(region: string): string {
    this.#reach("api.ecr", region);
    this.#check("ecr:GetAuthorizationToken", "*");
    return registryPassword(this.#world, region, this.#principal()).password;
  }

  parameter(regionName: string, name: string, withDecryption: boolean) {
    const region = this.#reach("ssm", regionName);
    const found = lookUp(region, this.#world.account, name);
    const owner = name.startsWith("/aws/") ? "" : this.#world.account;
    const arn = parameterArn(region, owner, found?.parameter.Name ?? name);
    this.#check("ssm:GetParameter", arn);
    if (!found?.version) throw new AwsRefusal("ParameterNotFound", "");
    const { parameter, version } = found;
    return {
      Name: parameter.Name,
      Type: parameter.Type,
      Value: shownValue(parameter, version, withDecryption),
      Version: version.Version,
      LastModifiedDate: version.LastModifiedDate.toISOString(),
      ARN: arn,
      DataType: parameter.DataType,
    };
  }

  #findRole(): Role | undefined {
    const role = this.#world.iam.roles.get(roleNameOf(this.#world, this.#region, this.#instanceId) ?? "");
    return role && trusts(role, "ec2.amazonaws.com") ? role : undefined;
  }

  #role(): Role {
    const role = this.#findRole();
    if (!role) throw new AwsRefusal("ExpiredTokenException", "The security token included in the request is expired");
    return role;
  }

  /** ARN of the role's session that EC2 opened for the instance. */
  #principal(): string {
    return `arn:aws:sts::${this.#world.account}:assumed-role/${this.#role().RoleName}/${this.#instanceId}`;
  }

  #check(action: string, resource: string): void {
    if (!allows(this.#role(), action, resource))
      throw new AwsRefusal("AccessDeniedException", denial(this.#principal(), action, resource));
  }

  #reach(service: string, region: string): Region {
    try {
      return this.#world.region(region);
    } catch {
      const message = `Could not connect to the endpoint URL: "https://${service}.${region}.amazonaws.com/"`;
      throw new AwsRefusal("EndpointConnectionError", message);
    }
  }
}

/** What AWS says to someone whose policies do not allow an action. */
export function denial(principal: string, action: string, resource: string): string {
  return `User: ${principal} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
}
