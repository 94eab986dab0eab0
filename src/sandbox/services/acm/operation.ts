import type { Tag } from "@aws-sdk/client-acm";
import { AwsError, type Operations } from "../../wire/service.ts";
import type { Certificate } from "../../world/records.ts";
import type { Region } from "../../world/world.ts";

/** Operations of ACM; each file declares some. */
export type AcmOperations = Operations<typeof import("@aws-sdk/client-acm")>;

const MOST_TAGS = 50;

export function validation(value: string, member: string, rule: string): AwsError {
  return new AwsError(
    "ValidationException",
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${rule}`,
  );
}

/** @throws AwsError if there is no such certificate in the region */
export function certificateOf(region: Region, arn = ""): Certificate {
  if (!/^arn:[\w-]+:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/.test(arn)) {
    throw validation(arn, "certificateArn", "Member must satisfy the pattern of the ARN of a certificate");
  }
  const certificate = region.acm.certificates.get(arn);
  if (!certificate) throw new AwsError("ResourceNotFoundException", `Could not find certificate ${arn}.`);
  return certificate;
}

/** Tags with others added or replaced. @throws AwsError if one is refused */
export function mergedTags(present: readonly Tag[], added: readonly Tag[]): Tag[] {
  const tags = new Map(present.map((tag) => [tag.Key, tag]));
  for (const { Key = "", Value = "" } of added) {
    if (Key.startsWith("aws:")) {
      throw new AwsError("InvalidTagException", `The tag key ${Key} is reserved: it begins with aws:.`);
    }
    if (Key === "" || Key.length > 128 || Value.length > 256) {
      throw validation(Key, "tags", "Member must have a key of 1 to 128 and a value of 0 to 256 characters");
    }
    tags.set(Key, { Key, Value });
  }
  if (tags.size > MOST_TAGS) {
    throw new AwsError("TooManyTagsException", `A certificate can have at most ${MOST_TAGS} tags.`);
  }
  return [...tags.values()];
}
