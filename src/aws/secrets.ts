import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand, PutParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";

/** The value of a SecureString parameter; undefined: it has none. @throws AWS's own refusals */
export async function secretNamed(ssm: SSMClient, Name: string): Promise<string | undefined> {
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
  return Parameter?.Value;
}

/** A member of a secret of Secrets Manager that is a JSON object; undefined: it has none of this name. @throws AWS's own refusals */
export async function memberOf(
  secretsManager: SecretsManagerClient,
  SecretId: string,
  member: string,
): Promise<string | undefined> {
  const { SecretString = "{}" } = await secretsManager.send(new GetSecretValueCommand({ SecretId }));
  return (JSON.parse(SecretString) as Record<string, string | undefined>)[member];
}

/** Lines of a secret that has none: Parameter Store has no empty values. */
export const NOTHING_SET = "# nothing is set";

/** Gives a SecureString parameter that is there another value. @throws AWS's own refusals */
export async function putSecret(ssm: SSMClient, Name: string, Value: string): Promise<void> {
  await ssm.send(new PutParameterCommand({ Name, Type: "SecureString", Value, Overwrite: true }));
}
