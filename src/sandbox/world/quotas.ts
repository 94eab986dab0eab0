/** What an account may have at once, in each region. */
export interface Quotas {
  /** Of instances that run. (Service Quotas, L-1216C47A) Many accounts have 32, new ones may have 5 or 16. */
  readonly vcpus: number;
  /** Of tasks on Fargate. (L-3032A538) Many accounts have more, new ones may have 6. */
  readonly fargateVcpus: number;
  /** (L-F678F1CE) */
  readonly vpcs: number;
  /** Elastic IP addresses. (L-0263D0A3) */
  readonly addresses: number;
  /** In each zone; those that are pending or being deleted count. (L-FE5A380F) */
  readonly natGateways: number;
}

/** Enough for the stacks that are shipped; the last three are AWS's own defaults. */
export const USUAL_QUOTAS: Quotas = { vcpus: 32, fargateVcpus: 32, vpcs: 5, addresses: 5, natGateways: 5 };
