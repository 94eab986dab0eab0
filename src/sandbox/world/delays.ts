/** How long AWS takes: not at all, about a second or less each (so that waiting can be seen), or as in the field. */
export type Pace = "none" | "short" | "real";

/** Seconds by pace. `none` is 0 unless it says otherwise. Real values are typical ones, not promises of AWS. */
const SECONDS = {
  /** CreateSecurityGroup until AuthorizeSecurityGroupIngress and RunInstances know the group. */
  "security group visible": { short: 0.1, real: 2 },
  /** CreateInstanceProfile until EC2 knows the profile, and AddRoleToInstanceProfile until it sees a role in it. */
  "instance profile visible to EC2": { short: 0.4, real: 10 },
  "role in a profile visible to EC2": { short: 0.6, real: 14 },
  /** Another role in a profile until the running instances that have the profile get that role's credentials. */
  "role in a profile reaches running instances": { none: 3600, short: 3600, real: 3600 },
  /** RunInstances until DescribeInstances knows the id. */
  "instance visible": { short: 0.1, real: 2 },
  "instance running": { short: 0.8, real: 20 },
  "instance status ok": { short: 1, real: 150 },
  "instance stopped": { short: 0.8, real: 30 },
  "instance terminated": { short: 0.8, real: 40 },
  /** A running instance until cloud-init runs its user data. */
  "user data starts": { short: 0.2, real: 15 },
  /** A running instance until its SSM agent has registered. */
  "agent online": { short: 0.6, real: 45 },
  /** An agent that found no credentials when it started waits this long before it tries again. */
  "agent tries again": { none: 60, short: 60, real: 1800 },
  "command visible": { short: 0.05, real: 0.5 },
  "command delivered": { short: 0.1, real: 1 },
  /** A lifecycle policy or what it is about changes, until images expire ("within 24 hours"). */
  "images expire": { short: 2, real: 43200 },
  "volume optimizing": { short: 0.4, real: 10 },
  "volume modified": { short: 0.4, real: 300 },
  /** CreateNatGateway until it works or has failed, DeleteNatGateway until it is deleted, then until it is no longer listed. */
  "NAT gateway available": { short: 0.8, real: 100 },
  "NAT gateway deleted": { short: 0.6, real: 60 },
  "NAT gateway forgotten": { none: 3600, short: 3600, real: 3600 },
  "load balancer active": { short: 0.8, real: 120 },
  /** DeleteLoadBalancer until its network interfaces are gone. */
  "load balancer interfaces gone": { short: 0.4, real: 180 },
  /** A target group counts as in use for a while after its last listener has gone. */
  "target group let go": { short: 0.2, real: 30 },
  /** RegisterTargets until the first health check. */
  "target registered": { short: 0.1, real: 5 },
  "capacity provider changed": { short: 0.3, real: 10 },
  /** PutClusterCapacityProviders until the cluster may be changed again. */
  "cluster attachments updated": { short: 0.3, real: 20 },
  /** A scaling group's size follows its capacity provider's tasks; downwards only after it was too large this long. */
  "managed scaling": { short: 0.3, real: 60 },
  "managed scaling in": { none: 900, short: 900, real: 900 },
  /** An instance whose user data has run until its ECS agent registers it. */
  "ECS agent registers": { short: 0.5, real: 15 },
  /** An ECS agent that ended with an error until it is started again; doubled with each time. */
  "ECS agent restarts": { none: 1, short: 1, real: 10 },
  /** An instance that was terminated until ECS notices. */
  "container instance lost": { short: 0.4, real: 60 },
  /** A change until the service's scheduler acts on it. */
  "service scheduled": { short: 0.1, real: 3 },
  /** CreateService until Application Auto Scaling knows the service. */
  "service visible to scaling": { short: 0.2, real: 3 },
  /** A task that was placed until its containers run: image pulled, containers started. */
  "task starts": { short: 0.6, real: 20 },
  /** A task that runs until the agent of ECS Exec in its containers does. */
  "execute command agent runs": { short: 0.2, real: 15 },
  /** A task that nobody checks until it counts as one that runs. */
  "task counts": { short: 2, real: 40 },
  "task stops": { short: 0.4, real: 15 },
  /** After tasks failed to start until the next try; doubled with each time. */
  "task tried again": { none: 1, short: 1, real: 30 },
  "task definition deleted": { short: 0.3, real: 60 },
  /** CreateDBInstance until the instance has its endpoint, then until it is created, then until its first backup is made, or a snapshot. */
  "database endpoint": { short: 0.8, real: 210 },
  "database created": { short: 0.2, real: 60 },
  "database backed up": { short: 0.3, real: 60 },
  /** ModifyDBInstance until the status says so, then until it is done; a new storage goes on being optimized. */
  "database modification begins": { short: 0.1, real: 5 },
  "database modified": { short: 0.5, real: 60 },
  "database snapshot deleted": { short: 0.1, real: 5 },
  "database storage optimized": { short: 0.3, real: 600 },
  "database stopped": { short: 0.5, real: 120 },
  "database started": { short: 0.5, real: 240 },
  "database rebooted": { short: 0.3, real: 30 },
  "database deleted": { short: 0.8, real: 240 },
  /** A scaling group that lacks instances until it launches them, and until it tries again after a launch that failed. */
  "scaling group launches": { short: 0.2, real: 8 },
  "scaling group tries again": { none: 60, short: 10, real: 60 },
  /** The heartbeat of the lifecycle hook that ECS puts on a group whose instances it drains. */
  "termination hook is over": { none: 3600, short: 3600, real: 3600 },
  /** A running instance until its scaling group counts it as in service. */
  "instance in service": { short: 0.2, real: 10 },
  /** The last instance of a deleted scaling group is gone until the group is. */
  "scaling group gone": { short: 0.2, real: 10 },
  /** CreateHostedZone until other calls know the zone, then until they are not refused because it is still being made. */
  "hosted zone visible": { short: 0.1, real: 1 },
  "hosted zone made": { short: 0.2, real: 2 },
  /** ChangeResourceRecordSets until all name servers of Route 53 answer with it. */
  "dns change in sync": { short: 0.4, real: 30 },
  /** RequestCertificate until DescribeCertificate names the validation records. */
  "validation record named": { short: 0.3, real: 5 },
  /** A validation record that resolves until ACM has looked and issued. */
  "certificate issued": { short: 0.6, real: 120 },
  /** CreateSecret until other calls know the secret, and until ListSecrets does ("might not reflect changes from the last five minutes"). */
  "secret visible": { short: 0.1, real: 1 },
  "secret listed": { short: 0.3, real: 10 },
  /** DeleteSecret without recovery until the name is free. */
  "secret deleted": { short: 0.3, real: 5 },
  /** CreateHttpNamespace and DeleteNamespace until their operations are done. */
  "namespace made": { short: 0.4, real: 10 },
  "namespace deleted": { short: 0.4, real: 10 },
  /** A service of ECS is gone, or serves an endpoint of Service Connect no more, until Cloud Map knows that no more either. */
  "endpoint of Service Connect gone": { short: 0.4, real: 20 },
  /** CreateTable, UpdateTable and DeleteTable of DynamoDB until they are done. */
  "table active": { short: 0.4, real: 10 },
  "table updated": { short: 0.3, real: 10 },
  "table deleted": { short: 0.3, real: 5 },
  /** PutLogEvents until a query finds the events, and StartQuery until it is done. */
  "events searchable": { short: 0.2, real: 20 },
  "query runs": { short: 0.2, real: 3 },
  /** A listener that is gone until its certificate may be deleted. */
  "certificate let go": { short: 0.4, real: 180 },
} satisfies Record<string, { none?: number; short: number; real: number }>;

export type Delay = keyof typeof SECONDS;

/** Milliseconds of the world's time. */
export function delayOf(delay: Delay, pace: Pace): number {
  const seconds: { none?: number; short: number; real: number } = SECONDS[delay];
  return (seconds[pace] ?? 0) * 1000;
}

/** Milliseconds of the world's time for seconds that a setting names, e.g. between two health checks. */
export function settingOf(seconds: number, pace: Pace): number {
  return seconds * { none: 0, short: 10, real: 1000 }[pace];
}
