import { describe, expect, it } from "vitest";
import { lagging, listingsOf } from "./lagging.ts";
import { chosen, undisturbed } from "./undisturbed.ts";

/** Each reading call of create and of destroy, lagging behind while all others show what there is. */

const normal = await undisturbed();
const listings = listingsOf(normal);

describe("one listing lags behind", () => {
  it("is tried with all of them, the look at what remains among them", () => {
    const of = (command: string) => listings.filter((one) => one.command === command).map(({ operation }) => operation);
    expect(of("create")).toEqual(expect.arrayContaining(["route53:ListHostedZonesByName", "acm:ListCertificates"]));
    expect(of("destroy")).toEqual(expect.arrayContaining(["ecs:ListClusters", "ec2:DescribeTags", "iam:ListRoles"]));
  });

  it.each(chosen(listings, 5))("$command, $operation", (one) => lagging(one, normal));
});
