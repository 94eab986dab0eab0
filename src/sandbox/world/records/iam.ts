import type * as iam from "@aws-sdk/client-iam";
import type { Known } from "./known.ts";

/** A role with its policies. */
export type Role = Known<iam.Role, "RoleName" | "RoleId" | "Arn" | "Path" | "CreateDate" | "Tags"> & {
  /** JSON, not URL-encoded as on the wire. */
  AssumeRolePolicyDocument: string;
  hidden: {
    /** ARNs, in the order of attachment. */
    attached: string[];
    /** JSON by policy name. */
    inline: Record<string, string>;
    /** Set for a service-linked role. */
    linkedTo?: string;
  };
};

/** Who says for whom else a token speaks, e.g. GitHub for its jobs. */
export interface OpenIdConnectProvider {
  Arn: string;
  /** Without `https://`. */
  Url: string;
  ClientIDList: string[];
  ThumbprintList: string[];
  CreateDate: Date;
  Tags: iam.Tag[];
}

/** Without its role: that is looked up. */
export type InstanceProfile = Known<
  Omit<iam.InstanceProfile, "Roles">,
  "InstanceProfileName" | "InstanceProfileId" | "Arn" | "Path" | "CreateDate" | "Tags"
> & {
  hidden: {
    roleName?: string;
    /** When EC2 knows the profile. */
    visibleAt: Date;
    /** Since when that role is in it. */
    roleSince?: Date;
  };
};
