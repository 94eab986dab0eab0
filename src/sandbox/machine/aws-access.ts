/**
 * What the machine's `aws` command needs of AWS. The machine knows none: whoever creates it gives it one, which acts with
 * the credentials of the instance's role, as they are at the time of the call.
 */
export interface AwsAccess {
  /** Whether EC2 hands the instance the credentials of a role. */
  readonly hasCredentials: boolean;
  /** sts:GetCallerIdentity */
  callerIdentity(): Readonly<Record<"UserId" | "Account" | "Arn", string>>;
  /** The password in what ecr:GetAuthorizationToken answers. @throws AwsRefusal */
  registryPassword(region: string): string;
  /** `Parameter` of what ssm:GetParameter answers. @throws AwsRefusal */
  parameter(region: string, name: string, withDecryption: boolean): Readonly<Record<string, string | number>>;
}

/** An error that AWS answered. */
export class AwsRefusal extends Error {
  /** E.g. `AccessDeniedException`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "AwsRefusal";
    this.code = code;
  }
}
