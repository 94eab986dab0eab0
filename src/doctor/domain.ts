import { resolveNs } from "node:dns/promises";
import { GetHostedZoneCommand, ListHostedZonesByNameCommand } from "@aws-sdk/client-route-53";
import type { Check, Examined, Finding } from "./finding.ts";

const SUBJECT = "domain";

/** Whether the domain is delegated to its hosted zone: without that no certificate is ever issued. */
export const domain: Check = {
  subject: SUBJECT,
  async look(examined) {
    const { needs, sandbox } = examined;
    if (needs.domain === undefined) return [];
    const { name } = needs.domain;
    if (name === undefined) {
      const next = "For HTTPS name a domain that you own: domain.name in the variables.";
      return [{ level: "note", subject: SUBJECT, text: "none: the app is served by HTTP only", next }];
    }
    if (sandbox) return [{ level: "ok", subject: SUBJECT, text: `${name} exists in the sandbox alone` }];
    return [await delegated(examined, name)];
  },
};

async function delegated(examined: Examined, name: string): Promise<Finding> {
  const zones = await zonesOf(examined, name);
  const told = (await resolveNs(name).catch(() => [])).map(plain).sort();
  const now = told.length === 0 ? "nothing answers for it yet" : `now: ${told.join(", ")}`;
  const [wanted] = zones;
  if (wanted === undefined) {
    const next = "Create the stack: the run then names the four name servers to enter at the registrar.";
    return { level: "note", subject: SUBJECT, text: `${name} has no hosted zone in this account; ${now}`, next };
  }
  if (zones.some((servers) => servers.every((server) => told.includes(server)))) {
    return { level: "ok", subject: SUBJECT, text: `${name} is delegated to its hosted zone` };
  }
  const next = `Enter these name servers at the registrar (registro.br for .br): ${wanted.join(", ")}. It can take hours until they are seen.`;
  return { level: "problem", subject: SUBJECT, text: `${name} is not delegated to its hosted zone; ${now}`, next };
}

/**
 * The name servers of each public zone of the name; there may be several. The listing is a cursor, not a filter: it begins at
 * the name and goes on with others.
 */
async function zonesOf({ aws }: Examined, name: string): Promise<string[][]> {
  const { HostedZones = [] } = await aws.route53.send(new ListHostedZonesByNameCommand({ DNSName: `${name}.` }));
  const zones = HostedZones.filter((one) => one.Name === `${name}.` && !one.Config?.PrivateZone);
  return Promise.all(
    zones.map(async ({ Id }) => {
      const { DelegationSet } = await aws.route53.send(new GetHostedZoneCommand({ Id }));
      return (DelegationSet?.NameServers ?? []).map(plain).sort();
    }),
  );
}

function plain(server: string): string {
  return server.toLowerCase().replace(/\.$/, "");
}
