import { PutParameterCommand } from "@aws-sdk/client-ssm";
import type { Aws } from "../../aws/clients.ts";
import { NOTHING_SET } from "../../aws/secrets.ts";
import { toTagList } from "../../aws/tags.ts";
import type { Kind } from "../../engine/task.ts";
import { type GeneratedSecret, generatedSecret } from "./generated-secret.ts";

/** Where the secrets of an app's environment are kept. */
export interface AppEnvironmentDesired {
  /** Of the parameter, e.g. `/bia-infra/bia/app/env`. */
  readonly name: string;
}

/**
 * The secrets of an app's environment: one SecureString that holds them as lines of a `.env`, so that who reads it needs one call
 * and nothing but ssm:GetParameter. Made without any; what was set since is never written over.
 */
export const appEnvironment: Kind<AppEnvironmentDesired, GeneratedSecret, Aws> = {
  ...(generatedSecret as unknown as Kind<AppEnvironmentDesired, GeneratedSecret, Aws>),
  type: "ssm.app-environment",
  async create({ ssm, ownership }, { name }) {
    await ssm.send(
      new PutParameterCommand({
        Name: name,
        Description: "Environment of the app, set with bia-infra dev env",
        Type: "SecureString",
        Value: NOTHING_SET,
        Tags: toTagList(ownership),
      }),
    );
  },
  holds: "the values that were set in it",
};
