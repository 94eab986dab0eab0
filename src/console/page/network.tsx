import type { Answered } from "../../aws/answered.ts";
import type { Door, ServiceNetwork, TargetNow } from "../../aws/service-network.ts";
import { CommandToType } from "./command.tsx";
import { moment } from "./format.ts";
import { Line, RateInWords } from "./line.tsx";
import { NothingFound } from "./nothing-found.tsx";
import { rateOf } from "./rates.ts";
import type { Told } from "./told.ts";
import { words } from "./words.ts";
import "./network.css";

/** The way of a request, from the internet to the database, with how much passes, what lets it through and what does not. */
export function NetworkView({ told: all }: { readonly told: Told }) {
  const { network, stack } = all;
  if (!stack || !network?.found) return <NothingFound looked={network} repair={stack?.commands.createAll} />;
  const told = throughOwn(all);
  const { balancer, targets, toTargets, database } = network.found;
  const repair = stack.commands.createAll;
  const zones = [...new Set([...(balancer?.zones ?? []), ...targets.map(({ zone }) => zone)])].sort();
  return (
    <div className="network">
      <Internet told={told} />
      {balancer && (
        <>
          <div className="lines">
            {balancer.listeners.map(({ arn, protocol, port, door }) => (
              <Line
                key={arn}
                called={`${protocol} ${port}`}
                to={`${protocol} ${port}`}
                door={door}
                rate={rateOf(told, ({ listenerArn }) => listenerArn === arn)}
              />
            ))}
            <Repair doors={balancer.listeners.map(({ door }) => door)} command={repair} />
          </div>
          <Balancer told={told} balancer={balancer} />
        </>
      )}
      <div className="targets">
        {zones.map((zone) => (
          <Zone
            key={zone}
            told={told}
            zone={zone}
            targets={targets.filter((target) => target.zone === zone)}
            doors={toTargets}
          />
        ))}
        <Repair doors={toTargets} command={repair} />
      </div>
      {database && (
        <>
          <div className="lines">
            {database.door && <Line called={`tcp ${database.door.port}`} to={database.id} door={database.door} />}
            {database.door && <Repair doors={[database.door]} command={repair} />}
          </div>
          <article className="detail place" data-place="database">
            <h2>{database.id}</h2>
            <p>{database.engine}</p>
            <p>{database.state}</p>
          </article>
        </>
      )}
    </div>
  );
}

/** Others may have load balancers in the same sandbox; CloudWatch, which names no listener, was asked for this one alone. */
function throughOwn(told: Told): Told {
  const { traffic, network } = told;
  const own = network?.found?.balancer?.listeners.map(({ arn }) => arn);
  const isOwn = ({ listenerArn }: Answered) => listenerArn === undefined || own?.includes(listenerArn);
  return traffic?.found ? { ...told, traffic: { ...traffic, found: traffic.found.filter(isOwn) } } : told;
}

interface BalancerProps {
  readonly told: Told;
  readonly balancer: NonNullable<ServiceNetwork["balancer"]>;
}

function Internet({ told }: Pick<BalancerProps, "told">) {
  const { requests } = told.network ?? {};
  const rate = rateOf(told, () => true);
  return (
    <article className="detail place" data-place="internet">
      <h2>{words.internet}</h2>
      {rate && (
        <p data-to={words.internet} data-rate={rate.all}>
          <RateInWords rate={rate} />
        </p>
      )}
      {requests !== undefined && (
        <p className="soft" data-minute={requests.at} data-requests={requests.count}>
          {requests.count} {words.requestsInMinute} {moment(requests.at)}
        </p>
      )}
    </article>
  );
}

function Balancer({ told, balancer: { name, state, listeners } }: BalancerProps) {
  return (
    <article className="detail place" data-place="load-balancer">
      <h2>{name}</h2>
      <p>{state}</p>
      {listeners.map(({ arn, protocol, port, rules }) => (
        <section key={arn} aria-label={`${protocol} ${port}`}>
          <h3>
            {protocol} {port}
          </h3>
          <ul className="listener-rules">
            {rules.map(({ priority, conditions, action }) => {
              const isOfRule = (row: Answered) => row.listenerArn === arn && row.priority === priority;
              const rate = rateOf(told, isOfRule);
              return (
                <li key={priority} data-to={`${port} ${priority}`} data-rate={rate?.all}>
                  {[priority, ...conditions].join(" · ")} → {action} {rate && <RateInWords rate={rate} />}
                </li>
              );
            })}
          </ul>
        </section>
      ))}
    </article>
  );
}

interface ZoneProps {
  readonly told: Told;
  readonly zone: string;
  readonly targets: readonly TargetNow[];
  /** From the load balancer, by the targets' ports. */
  readonly doors: readonly Door[];
}

/** A zone, with the lines that lead to its targets. */
function Zone({ told, zone, targets, doors }: ZoneProps) {
  return (
    <div className="way">
      <div className="lines">
        {targets.map(({ id, port }) => (
          <Line
            key={`${id}:${port}`}
            called={`tcp ${port}`}
            to={`${id}:${port}`}
            door={doors.find((door) => door.port === port)}
            rate={rateOf(told, ({ target }) => target === `${id}:${port}`)}
          />
        ))}
      </div>
      <article className="detail place" data-zone={zone}>
        {/* Of a target whose task has ended nobody tells it. */}
        {zone !== "" && <h2>{zone}</h2>}
        {targets.length === 0 && <p className="soft">{words.noTarget}</p>}
        {targets.map((target) => (
          <Target key={`${target.id}:${target.port}`} target={target} />
        ))}
      </article>
    </div>
  );
}

const LOOKS: Readonly<Record<string, string>> = { healthy: "good", unhealthy: "bad" };

function Target({ target: { id, port, state, reason, task } }: { readonly target: TargetNow }) {
  return (
    <div className="target" data-target={state}>
      <strong className={LOOKS[state] ?? "warn"}>{state}</strong>
      <code>
        {id}:{port}
      </code>
      {task && (
        <p>
          {task.revision} · {task.id.slice(0, 8)} · {task.status}
        </p>
      )}
      {reason && <p className={LOOKS[state] ?? "warn"}>{reason}</p>}
    </div>
  );
}

/** What to type where a rule is missing. */
function Repair({ doors, command }: { readonly doors: readonly Door[]; readonly command: string }) {
  return doors.some(({ by }) => by.length === 0) && <CommandToType command={command} />;
}
