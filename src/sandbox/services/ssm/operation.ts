import { AwsError, type Operations } from "../../wire/service.ts";
import { pageOf } from "../page.ts";

/** Operations of Systems Manager; each file declares some. */
export type SsmOperations = Operations<typeof import("@aws-sdk/client-ssm")>;

/** What Systems Manager says to values that it does not take. */
export function validation(message: string): AwsError {
  return new AwsError("ValidationException", message);
}

/** A page of a listing, with Systems Manager's words for it. */
export function paged<Item>(
  items: readonly Item[],
  { NextToken, MaxResults }: { NextToken?: string | undefined; MaxResults?: number | undefined },
  { usual, most }: { usual: number; most: number },
): { items: Item[]; NextToken?: string } {
  const invalid = () => new AwsError("InvalidNextToken", "The specified token isn't valid.");
  const { items: page, next } = pageOf(items, { size: MaxResults ?? Math.min(usual, most), token: NextToken, invalid });
  return { items: page, ...(next !== undefined && { NextToken: next }) };
}
