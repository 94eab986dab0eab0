import type * as secretsManager from "@aws-sdk/client-secrets-manager";
import type { Known } from "./known.ts";

/** A secret with all of its values. */
export type Secret = Known<secretsManager.SecretListEntry, "ARN" | "Name" | "CreatedDate" | "LastChangedDate"> & {
  hidden: {
    /** Oldest first. */
    versions: SecretVersion[];
    /** When it is deleted for good; undefined: nobody has asked for that. */
    goneAt?: Date;
    /** True: nobody can restore it any more. */
    isForced?: true;
  };
};

/** One value of a secret: a text, or bytes in base64. */
export interface SecretVersion {
  VersionId: string;
  CreatedDate: Date;
  SecretString?: string;
  SecretBinary?: string;
  /** Labels that are on it; none: nobody can name it but by its id. */
  VersionStages: string[];
}
