import type { Tag } from "@aws-sdk/client-acm";
import { AwsError, type Operations } from "../../wire/service.ts";
import type { Certificate } from "../../world/records.ts";
import type { Region } from "../../world/world.ts";
import { mergedTags as merged, type TagRules } from "../merged-tags.ts";

/** Operations of ACM; each file declares some. */
export type AcmOperations = Operations<typeof import("@aws-sdk/client-acm")>;

/** @throws AwsError if there is no such certificate in the region */
export function certificateOf(region: Region, arn = ""): Certificate {
  const certificate = region.acm.certificates.get(arn);
  if (!certificate) throw new AwsError("ResourceNotFoundException", `Could not find certificate ${arn}.`);
  return certificate;
}

const TAG_RULES: TagRules = {
  reserved: (key) => new AwsError("InvalidTagException", `The tag key ${key} is reserved: it begins with aws:.`),
  tooMany: (most) => new AwsError("TooManyTagsException", `A certificate can have at most ${most} tags.`),
};

/** Tags with others added or replaced. @throws AwsError if one is refused */
export function mergedTags(present: readonly Tag[], added: readonly Tag[]): Tag[] {
  return merged(present, added, TAG_RULES);
}
