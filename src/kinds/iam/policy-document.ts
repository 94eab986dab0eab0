/** A policy document as JSON allows it: a list of one and the thing itself mean the same to IAM. */
type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What a role may do, as IAM's JSON has it. */
export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly {
    readonly Effect: "Allow" | "Deny";
    /** E.g. `ssm:GetParameters`. */
    readonly Action: readonly string[];
    /** ARNs. */
    readonly Resource: readonly string[];
    /** Values by key, by operator. Absent: it holds whatever they are. */
    readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>> | undefined;
  }[];
}

/** Those whom an OpenID Connect provider has signed a token for. */
export interface FederatedTrust {
  /** ARN of the provider. */
  readonly provider: string;
  /** Whom the token is for. */
  readonly audience: string;
  /** Whom it speaks for. */
  readonly subject: string;
}

/** The trust policy that lets an AWS service assume a role, or those of an identity provider who fit exactly. */
export function trustPolicy(trusted: string | FederatedTrust): string {
  const statement = typeof trusted === "string" ? serviceTrust(trusted) : federatedTrust(trusted);
  return JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] });
}

function serviceTrust(service: string) {
  return { Principal: { Service: service }, Action: "sts:AssumeRole" };
}

function federatedTrust({ provider, audience, subject }: FederatedTrust) {
  const host = provider.slice(provider.indexOf("/") + 1);
  return {
    Principal: { Federated: provider },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: { StringEquals: { [`${host}:aud`]: audience, [`${host}:sub`]: subject } },
  };
}

/** A policy document as IAM's answers carry it: URL-encoded JSON (iam:GetRole, AssumeRolePolicyDocument). */
export function decodePolicy(encoded: string): string {
  return decodeURIComponent(encoded);
}

/** Whether two policy documents mean the same: the order of keys and of lists does not matter, nor do lists of one. */
export function samePolicy(one: string, other: string): boolean {
  return canonical(one) === canonical(other);
}

function canonical(document: string): string {
  try {
    return JSON.stringify(sorted(JSON.parse(document)));
  } catch {
    return document;
  }
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) {
    const items = value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    return items.length === 1 ? (items[0] as Json) : items;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]));
}
