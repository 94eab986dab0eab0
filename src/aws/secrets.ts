import { GetParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";

/** The value of a SecureString parameter; undefined: it has none. @throws AWS's own refusals */
export async function secretNamed(ssm: SSMClient, Name: string): Promise<string | undefined> {
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
  return Parameter?.Value;
}
