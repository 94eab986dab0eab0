import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { World } from "./world.ts";

/** Hours that a registry's password is good for (ecr:GetAuthorizationToken). */
const HOURS = 12;

/** Name under which a registry is reached (ECR User Guide, "Private registry concepts"). */
export function registryHost(account: string, region: string): string {
  return `${account}.dkr.ecr.${region}.amazonaws.com`;
}

/** A registry's password, with which docker comes as user `AWS`. */
export interface RegistryPassword {
  readonly password: string;
  readonly expiresAt: Date;
}

/** What a password stands for. */
interface Claim {
  /** ARN of the one who asked for it, whose permissions it carries. */
  readonly principal: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/** A new password, signed by the registry, so that it need not remember it. */
export function registryPassword(world: World, region: string, principal: string): RegistryPassword {
  const expiresAt = new Date(world.now().getTime() + HOURS * 3_600_000);
  const payload = encode(JSON.stringify({ principal, expires: expiresAt.getTime() } satisfies Claim));
  const token = { payload, datakey: sign(world, region, payload), version: "2", type: "DATA_KEY" };
  return { password: encode(JSON.stringify(token)), expiresAt };
}

/** Who a password was given to; `expired` when that is too long ago, undefined when it is none of this registry's. */
export function readRegistryPassword(world: World, region: string, password: string): string | "expired" | undefined {
  try {
    const { payload, datakey } = JSON.parse(decode(password)) as { payload: string; datakey: string };
    const wanted = Buffer.from(sign(world, region, payload));
    const given = Buffer.from(datakey);
    if (wanted.length !== given.length || !timingSafeEqual(wanted, given)) return undefined;
    const { principal, expires } = JSON.parse(decode(payload)) as Claim;
    return expires > world.now().getTime() ? principal : "expired";
  } catch {
    return undefined;
  }
}

function sign(world: World, region: string, payload: string): string {
  const { registryKeys } = world.region(region).ecr;
  const { key } =
    registryKeys.get(world.account) ??
    registryKeys.put({ registryId: world.account, key: randomBytes(32).toString("base64") });
  return createHmac("sha256", key).update(payload).digest("base64");
}

function encode(text: string): string {
  return Buffer.from(text).toString("base64");
}

function decode(text: string): string {
  return Buffer.from(text, "base64").toString();
}
