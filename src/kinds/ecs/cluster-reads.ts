import { DescribeClustersCommand, type Cluster as EcsCluster } from "@aws-sdk/client-ecs";
import type { Aws } from "../../aws/clients.ts";
import { askedFor } from "../../aws/shared-reads.ts";

/** A cluster with its settings, tags and attachments, read once for all who ask; undefined: there is none. */
export async function clusterNamed(aws: Aws, name: string): Promise<EcsCluster | undefined> {
  const clusters = await aws.shared.each("ecs cluster", askedFor(aws, "name", name), async (names) => {
    const include = ["SETTINGS", "TAGS", "ATTACHMENTS"] as const;
    const found = await aws.ecs.send(new DescribeClustersCommand({ clusters: [...names], include: [...include] }));
    return new Map((found.clusters ?? []).map((one) => [one.clusterName ?? "", one]));
  });
  const cluster = clusters.get(name);
  // An inactive one is a tombstone whose name is free (ecs:DeleteCluster).
  return cluster?.status === "INACTIVE" ? undefined : cluster;
}
