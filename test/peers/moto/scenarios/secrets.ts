import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import type { Scenario } from "../transcript.ts";

const SecretId = "shop-db";

/** Secrets and their versions. */
export const secrets: Scenario = {
  title: "Secrets Manager",
  async run({ secretsManager: client }, call) {
    const made = {
      Name: SecretId,
      Description: "Of the goods",
      SecretString: "one",
      Tags: [{ Key: "owner", Value: "me" }],
    };
    await call("CreateSecret", client.send(new CreateSecretCommand(made)));
    await call("CreateSecret, again", client.send(new CreateSecretCommand(made)));
    await call("DescribeSecret", client.send(new DescribeSecretCommand({ SecretId })));
    await call("DescribeSecret, unknown", client.send(new DescribeSecretCommand({ SecretId: "nothing" })));
    await call("GetSecretValue", client.send(new GetSecretValueCommand({ SecretId })));
    await call("GetSecretValue, unknown", client.send(new GetSecretValueCommand({ SecretId: "nothing" })));
    await call("PutSecretValue", client.send(new PutSecretValueCommand({ SecretId, SecretString: "two" })));
    await call("GetSecretValue, newer", client.send(new GetSecretValueCommand({ SecretId })));
    await call(
      "GetSecretValue, previous",
      client.send(new GetSecretValueCommand({ SecretId, VersionStage: "AWSPREVIOUS" })),
    );
    await call(
      "GetSecretValue, unknown stage",
      client.send(new GetSecretValueCommand({ SecretId, VersionStage: "NOTHING" })),
    );
    await call("UpdateSecret", client.send(new UpdateSecretCommand({ SecretId, Description: "Of all goods" })));
    await call("ListSecrets", client.send(new ListSecretsCommand({ Filters: [{ Key: "name", Values: ["shop"] }] })));
    await call(
      "TagResource",
      client.send(new TagResourceCommand({ SecretId, Tags: [{ Key: "stage", Value: "one" }] })),
    );
    await call("UntagResource", client.send(new UntagResourceCommand({ SecretId, TagKeys: ["owner"] })));
    await call("DescribeSecret, changed", client.send(new DescribeSecretCommand({ SecretId })));
    await call("GetResourcePolicy", client.send(new GetResourcePolicyCommand({ SecretId })));
    const { RandomPassword } = await client.send(
      new GetRandomPasswordCommand({ PasswordLength: 10, ExcludePunctuation: true }),
    );
    await call(
      "GetRandomPassword",
      Promise.resolve({ length: RandomPassword?.length, isPlain: /^\w+$/.test(RandomPassword ?? "") }),
    );
    await call(
      "GetRandomPassword, too short",
      client.send(new GetRandomPasswordCommand({ PasswordLength: 3, RequireEachIncludedType: true })),
    );
    await call(
      "DeleteSecret, of too few days",
      client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 3 })),
    );
    await call("DeleteSecret", client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 })));
    await call("GetSecretValue, deleted", client.send(new GetSecretValueCommand({ SecretId })));
    await call("CreateSecret, deleted", client.send(new CreateSecretCommand(made)));
    await call("RestoreSecret", client.send(new RestoreSecretCommand({ SecretId })));
    await call(
      "DeleteSecret, at once",
      client.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true })),
    );
    await call("DeleteSecret, unknown", client.send(new DeleteSecretCommand({ SecretId: "nothing" })));
  },
  differences: [
    { at: /, unknown( stage)?$/, why: "moto: HTTP 404; AWS: 400 (the model has no httpStatusCode)" },
    { at: /^CreateSecret, deleted$/, why: "moto: ResourceExistsException; AWS: InvalidRequestException" },
    { at: /\.LastAccessedDate$/, why: "moto has none of a secret that was read" },
  ],
};
