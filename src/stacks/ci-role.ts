import { type Stage, task } from "../engine/task.ts";
import { oidcProvider } from "../kinds/iam/oidc-provider.ts";
import { type PolicyDocument, trustPolicy } from "../kinds/iam/policy-document.ts";
import { role } from "../kinds/iam/role.ts";
import type { Policy } from "./permissions.ts";

/** Where GitHub says for which job a token is. (GitHub Docs, "Configuring OpenID Connect in Amazon Web Services") */
export const GITHUB = "token.actions.githubusercontent.com";
/** For whom the tokens are that configure-aws-credentials asks for. */
const AUDIENCE = "sts.amazonaws.com";

/** Id of the provider's task. */
export const PROVIDER = "ci-provider";

/** The role of a repository's jobs. */
export interface CiRole {
  /** Stack that they deploy to, and its region. */
  readonly stack: string;
  readonly region: string;
  /** Of which jobs a token speaks, e.g. `repo:you/bia:ref:refs/heads/main`. */
  readonly subject: string;
  /** What they may do. */
  readonly policies: readonly Policy[];
}

/** What lets jobs of a repository on GitHub deploy without a key: GitHub as an identity provider, and the role that it can give. */
export function ciRoleStage({ stack, region, subject, policies }: CiRole): Stage {
  const provider = task(PROVIDER, `identity provider ${GITHUB}`, oidcProvider, {
    host: GITHUB,
    audience: AUDIENCE,
  });
  const name = ciRoleName(stack, region);
  const made = task("ci-role", `role ${name}`, role, {
    name,
    service: { provider: provider.out(({ arn }) => arn), audience: AUDIENCE, subject },
    managedPolicies: [],
    inlinePolicies: inlinePolicies(policies),
  });
  return {
    name: "ci",
    title: "deploying from GitHub Actions",
    tasks: [provider, made],
    outputs: { role: made.out(({ arn }) => arn) },
    costs: [],
  };
}

/** What would be made, for those who make it by other means. */
export function printedCiRole({ stack, region, subject, policies }: CiRole, account: string) {
  const provider = `arn:aws:iam::${account}:oidc-provider/${GITHUB}`;
  return {
    provider: { url: `https://${GITHUB}`, clientIds: [AUDIENCE] },
    role: ciRoleName(stack, region),
    trustPolicy: JSON.parse(trustPolicy({ provider, audience: AUDIENCE, subject })) as object,
    policies: inlinePolicies(policies),
  };
}

/** Roles are the account's, and a stack of the same name may be in several regions. */
function ciRoleName(stack: string, region: string): string {
  return `${stack}-ci-${region}`;
}

/** By their names in the role. */
function inlinePolicies(policies: readonly Policy[]): Record<string, PolicyDocument> {
  return Object.fromEntries(policies.map((document, index) => [`deploy-${index + 1}`, document]));
}
