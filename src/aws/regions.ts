import { DescribeRegionsCommand, DescribeTagsCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { explain } from "./errors.ts";
import { STACK_TAG } from "./tags.ts";

/** Where else the things of a stack stand. */
export interface OtherRegions {
  /** Regions in which something of EC2 carries the stack's tag. */
  readonly standing: readonly string[];
  /** Regions that did not let us look, and why. */
  readonly unseen: readonly { readonly region: string; readonly why: string }[];
}

/**
 * The regions of the account, other than `here`, in which a stack stands: every stack has things of EC2. Asked only about things
 * that an older version made and that do not say for which region.
 *
 * @param ec2In a client of a region
 * @throws AWS's error if the account's regions cannot be listed
 */
export async function otherRegionsOf(
  stack: string,
  here: string,
  ec2In: (region: string) => EC2Client,
): Promise<OtherRegions> {
  // Those that are not enabled are left out (ec2:DescribeRegions, AllRegions).
  const { Regions = [] } = await ec2In(here).send(new DescribeRegionsCommand({}));
  const others = Regions.flatMap(({ RegionName }) => RegionName ?? []).filter((name) => name !== here);
  const looks = await Promise.all(
    others.map(async (region) => {
      const Filters = [{ Name: `tag:${STACK_TAG}`, Values: [stack] }];
      try {
        const { Tags = [] } = await ec2In(region).send(new DescribeTagsCommand({ Filters }));
        return { region, standing: Tags.length > 0 };
      } catch (error) {
        return { region, why: explain(error, undefined).why };
      }
    }),
  );
  return {
    standing: looks.flatMap(({ region, standing }) => (standing ? [region] : [])),
    unseen: looks.flatMap(({ region, why }) => (why === undefined ? [] : [{ region, why }])),
  };
}
