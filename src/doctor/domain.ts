import { resolveNs } from "node:dns/promises";
import { GetHostedZoneCommand, ListHostedZonesByNameCommand } from "@aws-sdk/client-route-53";
import type { Check, Examined, Finding } from "./finding.ts";

const SUBJECT = "domain";

/** Whether the domain is delegated to its hosted zone: without that no certificate is ever issued. */
export const domain: Check = {
  subject: SUBJECT,
  async look(examined) {
    const { needs, sandbox } = examined;
    if (needs.domain === undefined) {
      const next = "For HTTPS name a domain that you own: domain.name in the variables.";
      return [{ level: "note", subject: SUBJECT, text: "none: the app is served by HTTP only", next }];
    }
    if (sandbox) return [{ level: "ok", subject: SUBJECT, text: `${needs.domain} exists in the sandbox alone` }];
    return [await delegated(examined, needs.domain)];
  },
};

async function delegated(examined: Examined, name: string): Promise<Finding> {
  const wanted = await nameServersOf(examined, name);
  const told = (await resolveNs(name).catch(() => [])).map(plain).sort();
  const now = told.length === 0 ? "nothing answers for it yet" : `now: ${told.join(", ")}`;
  if (wanted === undefined) {
    const next = "Create the stack: the run then names the four name servers to enter at the registrar.";
    return { level: "note", subject: SUBJECT, text: `${name} has no hosted zone in this account; ${now}`, next };
  }
  if (wanted.every((server) => told.includes(server))) {
    return { level: "ok", subject: SUBJECT, text: `${name} is delegated to its hosted zone` };
  }
  const next = `Enter these name servers at the registrar (registro.br for .br): ${wanted.join(", ")}. It can take hours until they are seen.`;
  return { level: "problem", subject: SUBJECT, text: `${name} is not delegated to its hosted zone; ${now}`, next };
}

/** The listing is a cursor, not a filter: it begins at the name and goes on with others. */
async function nameServersOf({ aws }: Examined, name: string): Promise<string[] | undefined> {
  const { HostedZones = [] } = await aws.route53.send(
    new ListHostedZonesByNameCommand({ DNSName: `${name}.`, MaxItems: 1 }),
  );
  const zone = HostedZones.find((one) => one.Name === `${name}.` && !one.Config?.PrivateZone);
  if (zone?.Id === undefined) return undefined;
  const { DelegationSet } = await aws.route53.send(new GetHostedZoneCommand({ Id: zone.Id }));
  return DelegationSet?.NameServers?.map(plain).sort();
}

function plain(server: string): string {
  return server.toLowerCase().replace(/\.$/, "");
}
