import type { Door, TargetNow } from "../../aws/service-network.ts";
import { CommandToType } from "./command.tsx";
import { moment } from "./format.ts";
import { NothingFound } from "./nothing-found.tsx";
import type { Told } from "./told.ts";
import { words } from "./words.ts";

/** The way of a request, from the internet to the database, with what lets it through and what does not. */
export function NetworkView({ told: { network, stack } }: { readonly told: Told }) {
  if (!stack || !network?.found) return <NothingFound looked={network} repair={stack?.commands.createAll} />;
  const { balancer, targets, toTargets, database } = network.found;
  const repair = stack.commands.createAll;
  const zones = [...new Set([...(balancer?.zones ?? []), ...targets.map(({ zone }) => zone)])].sort();
  return (
    <div className="network">
      <article className="detail place">
        <h2>{words.internet}</h2>
        {network.requests !== undefined && (
          <p data-minute={network.requests.at} data-requests={network.requests.count}>
            {network.requests.count} {words.requestsInMinute} {moment(network.requests.at)}
          </p>
        )}
      </article>
      {balancer && (
        <>
          <Doors doors={balancer.listeners.map(({ door }) => door)} repair={repair} />
          <article className="detail place" data-place="load-balancer">
            <h2>{balancer.name}</h2>
            <p>{balancer.state}</p>
            {balancer.listeners.map(({ port, protocol }) => (
              <p key={port}>
                {protocol} {port}
              </p>
            ))}
          </article>
          <Doors doors={toTargets} repair={repair} />
        </>
      )}
      <div className="zones">
        {zones.map((zone) => (
          <Zone key={zone} zone={zone} targets={targets.filter((target) => target.zone === zone)} />
        ))}
      </div>
      {database && (
        <>
          <Doors doors={[database.door]} repair={repair} />
          <article className="detail place" data-place="database">
            <h2>{database.id}</h2>
            <p>
              {database.engine} · {database.state}
            </p>
          </article>
        </>
      )}
    </div>
  );
}

function Zone({ zone, targets }: { readonly zone: string; readonly targets: readonly TargetNow[] }) {
  return (
    <article className="detail place" data-zone={zone}>
      <h2>{zone}</h2>
      {targets.map((target) => (
        <div key={`${target.id}:${target.port}`} className="target" data-target={target.state}>
          <strong className={target.state === "healthy" ? "good" : target.state === "unhealthy" ? "bad" : "warn"}>
            {target.state}
          </strong>{" "}
          {target.id}:{target.port}
          {target.task && (
            <p>
              {target.task.revision} · {target.task.id.slice(0, 8)} · {target.task.status}
            </p>
          )}
          {target.reason && <p className="bad">{target.reason}</p>}
        </div>
      ))}
    </article>
  );
}

/** What security groups let through between two places; a rule that is missing is the gap. */
function Doors({ doors, repair }: { readonly doors: readonly Door[]; readonly repair: string }) {
  const shut = doors.filter(({ by }) => by.length === 0);
  return (
    <div className="doors">
      {doors.map(({ port, by }) => (
        <p
          key={port}
          className={by.length > 0 ? "door" : "door gap"}
          data-door={by.length > 0 ? "open" : "shut"}
          title={by.join("\n")}
        >
          {by.length > 0 ? "→" : "✕"} tcp {port} <small>{by[0] ?? words.noRule}</small>
        </p>
      ))}
      {shut.length > 0 && <CommandToType command={repair} />}
    </div>
  );
}
