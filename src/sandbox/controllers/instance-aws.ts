import { type AwsAccess, AwsRefusal, type AwsService, endpointUrl } from "../machine/machine.ts";
import { ec2Service, mayAssume } from "../world/acting-roles.ts";
import { knowsAccount, zonesOf } from "../world/catalogue/zones.ts";
import { roleNameOf } from "../world/ec2/instance-profiles.ts";
import { publicAddressOf } from "../world/ec2/way-out.ts";
import { principalContext } from "../world/policies/principal.ts";
import type { Deed } from "../world/policies/statements.ts";
import type { Role } from "../world/records.ts";
import { whyDenied } from "../world/role-permissions.ts";
import { sessionArn } from "../world/role-sessions.ts";
import type { Region, World } from "../world/world.ts";

/** The account's services, for whoever is told that calls. */
export interface AwsOfMachines {
  /** A service by the name that it signs with; undefined: there is none. */
  service(name: string): Promise<AwsService | undefined>;
  /**
   * @returns undefined: the connection was cut before the answer came
   * @throws AwsRefusal
   */
  call(session: RoleSession, call: RoleCall): Promise<object | undefined>;
}

/** A role that somebody acts with. */
export interface RoleSession {
  readonly arn: string;
  readonly userId: string;
  /**
   * Why its policies do not allow something, in AWS's words; undefined: they do.
   *
   * @param deed with what is known of the request, whoever makes it
   * @throws NotLookedAt
   */
  denial(deed: Deed): string | undefined;
}

export interface RoleCall {
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly input: object;
}

/** AWS as the programs of an instance reach it: with the role that its profile holds now. */
export class InstanceAws implements AwsAccess {
  readonly #world: World;
  readonly #region: Region;
  readonly #instanceId: string;
  readonly #aws: AwsOfMachines;

  constructor(world: World, region: Region, instanceId: string, aws: AwsOfMachines) {
    this.#world = world;
    this.#region = region;
    this.#instanceId = instanceId;
    this.#aws = aws;
  }

  get hasCredentials(): boolean {
    return this.#findRole() !== undefined;
  }

  service(name: string): Promise<AwsService | undefined> {
    return this.#aws.service(name);
  }

  async call(service: string, region: string, operation: string, input: object): Promise<object | undefined> {
    if (zonesOf(region).length === 0) {
      const message = `Could not connect to the endpoint URL: "${endpointUrl(service, region)}"`;
      throw new AwsRefusal(undefined, operation, message);
    }
    if (!knowsAccount(region)) {
      const message = "The security token included in the request is invalid.";
      throw new AwsRefusal("UnrecognizedClientException", operation, message);
    }
    return this.#aws.call(this.#session(operation), { service, region, operation, input });
  }

  #findRole(): Role | undefined {
    const role = this.#world.iam.roles.get(roleNameOf(this.#world, this.#region, this.#instanceId) ?? "");
    const service = ec2Service(this.#region.name, this.#instanceId);
    return role && mayAssume(this.#world, role, service) ? role : undefined;
  }

  /** The role's session that EC2 opened for the instance. */
  #session(operation: string): RoleSession {
    const role = this.#findRole();
    if (!role) {
      throw new AwsRefusal("ExpiredTokenException", operation, "The security token included in the request is expired");
    }
    const { account } = this.#world;
    const arn = sessionArn(account, role.RoleName, this.#instanceId);
    const userId = `${role.RoleId}:${this.#instanceId}`;
    const principal = { role, userId, account, sourceIp: publicAddressOf(this.#region, this.#instanceId) };
    return {
      arn,
      userId,
      denial: (deed) => whyDenied(role, arn, { ...deed, context: principalContext(principal, deed.context) }),
    };
  }
}
