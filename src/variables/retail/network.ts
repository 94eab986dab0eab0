import * as z from "zod";
import { isInside, overlap } from "../cidr.ts";
import { evenIfWrong } from "../rules.ts";
import * as value from "../values.ts";

const zone = z.strictObject({
  /** Its letter. */
  zone: value.zone(),
  /** Addresses of the subnet that the internet reaches: the load balancer and the NAT gateway are in it. */
  public: value.networkCidr(),
  /** Addresses of the subnet that tasks run in. */
  private: value.networkCidr(),
});

interface Ranges {
  readonly vpc?: { readonly cidr?: string };
  readonly zones?: readonly { readonly public?: string; readonly private?: string }[];
}

function subnetsOf({ zones }: Ranges): string[] {
  const list = Array.isArray(zones) ? zones : [];
  return list.flatMap((one) => [one?.public, one?.private]).filter((range) => typeof range === "string");
}

/** Variables of the network. */
export const network = z
  .strictObject({
    vpc: z
      .strictObject({
        /** The value of its tag Name. Default `retail-store-vpc`. */
        name: value.tagValue().default("retail-store-vpc"),
        /** Its addresses; they cannot be changed once it exists. Default `10.0.0.0/16`. */
        cidr: value.networkCidr().default("10.0.0.0/16"),
      })
      .prefault({}),
    /**
     * The zones, each with a public and a private subnet. A load balancer needs two at least. Default a and b with the workshop's
     * addresses: public 10.0.0.0/24 and 10.0.1.0/24, private 10.0.3.0/24 and 10.0.4.0/24.
     */
    zones: z
      .array(zone)
      .min(2)
      .max(6)
      .refine((zones) => new Set(zones.map((one) => one.zone)).size === zones.length)
      .describe("2 to 6 zones of different letters, each { zone, public, private }")
      .default([
        { zone: "a", public: "10.0.0.0/24", private: "10.0.3.0/24" },
        { zone: "b", public: "10.0.1.0/24", private: "10.0.4.0/24" },
      ]),
    /**
     * How private subnets reach the internet, where the images are. `one`: over one NAT gateway in the first zone. `per-zone`: each
     * over its own, so that a zone that fails takes only itself along. `none`: not at all, and tasks run in the public subnets
     * with public addresses. A NAT gateway costs about 36 dollars a month. Default `one`.
     */
    nat: value.oneOf("none", "one", "per-zone").default("one"),
  })
  .refine((written: Ranges) => subnetsOf(written).every((range) => isInside(range, written.vpc?.cidr ?? "")), {
    path: ["zones"],
    error: "subnets whose addresses are all inside network.vpc.cidr",
    when: evenIfWrong,
  })
  .refine((written: Ranges) => !overlap(subnetsOf(written)), {
    path: ["zones"],
    error: "subnets that have no address in common",
    when: evenIfWrong,
  });
