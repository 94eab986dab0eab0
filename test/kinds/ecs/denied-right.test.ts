import { describe, expect, it } from "vitest";
import { deniedRightIn } from "../../../src/kinds/ecs/denied-right.ts";

const said = (rest: string) =>
  `AccessDeniedException: User: arn:aws:sts::000000000000:assumed-role/carts/0123abcd is not authorized to perform: ${rest}`;
const TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/carts";

describe("what a program was denied is read from its last lines", () => {
  it.each([
    [
      "the last of several, with its resource",
      [
        said(`dynamodb:PutItem on resource: ${TABLE} because no`),
        said(
          `dynamodb:Query on resource: ${TABLE}/index/by because no identity-based policy allows the dynamodb:Query action`,
        ),
        "exit",
      ],
      { role: "carts", action: "dynamodb:Query", resource: `${TABLE}/index/by`, isMissing: true },
    ],
    [
      "without a resource, where the service names none",
      [said("ssm:GetParameter because no identity-based policy allows the ssm:GetParameter action")],
      { role: "carts", action: "ssm:GetParameter", resource: undefined, isMissing: true },
    ],
    [
      "an explicit deny is nothing that another policy mends",
      [said(`dynamodb:Query on resource: ${TABLE} with an explicit deny in an identity-based policy`)],
      { role: "carts", action: "dynamodb:Query", resource: TABLE, isMissing: false },
    ],
    ["nothing of it", ["Error: connect ECONNREFUSED"], undefined],
  ])("%s", (_what, lines, expected) => {
    expect(deniedRightIn(lines)).toEqual(expected);
  });
});
