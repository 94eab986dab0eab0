import type { DBInstance as RdsInstance } from "@aws-sdk/client-rds";
import type { DBInstance } from "../../world/records.ts";
import type { Region } from "../../world/world.ts";
import { subnetGroupShape } from "./subnet-groups.ts";

/** A server's certificate is valid for a year; RDS renews it by itself. (RDS User Guide, "Using SSL/TLS") */
const CERTIFICATE_MS = 365 * 24 * 3600 * 1000;

/** An instance as RDS answers it. */
export function instanceShape(region: Region, { hidden, ...instance }: DBInstance): RdsInstance {
  const subnetGroup = region.rds.dbSubnetGroups.get(hidden.subnetGroup);
  const CertificateDetails = {
    CAIdentifier: instance.CACertificateIdentifier ?? "",
    ValidTill: new Date((instance.InstanceCreateTime?.getTime() ?? 0) + CERTIFICATE_MS),
  };
  return {
    ...instance,
    AssociatedRoles: [],
    DomainMemberships: [],
    DatabaseInsightsMode: "standard",
    ...(instance.InstanceCreateTime && { CertificateDetails }),
    ...(subnetGroup && { DBSubnetGroup: subnetGroupShape(region, subnetGroup) }),
  };
}
