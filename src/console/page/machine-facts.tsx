import type { ServiceUsage } from "../../aws/service-usage.ts";
import type { ContainerNow, MachineNow, TaskNow } from "../../aws/stack-machines.ts";
import { lookOfState } from "./places.ts";
import { words } from "./words.ts";

/** What EC2, SSM and ECS say of a machine. */
export function MachineFacts({ machine }: { readonly machine: MachineNow }) {
  const { id, state, type, zone, publicAddress, privateAddress, agent, containerInstance } = machine;
  return (
    <dl className="facts">
      <Fact name="id">{id}</Fact>
      <Fact name={words.state}>
        <span className={lookOfState(state)}>{state}</span>
      </Fact>
      <Fact name={words.type}>{type}</Fact>
      <Fact name={words.zone}>{zone}</Fact>
      <Fact name={words.publicAddress}>{publicAddress}</Fact>
      <Fact name={words.privateAddress}>{privateAddress}</Fact>
      <Fact name={words.agent}>
        <span className={lookOfState(agent ?? "")}>{agent ?? words.neverRegistered}</span>
      </Fact>
      {containerInstance && <MemberFacts {...containerInstance} />}
    </dl>
  );
}

function MemberFacts({ id, status, isConnected, capacity }: NonNullable<MachineNow["containerInstance"]>) {
  const { cpu, freeCpu, memory, freeMemory } = capacity;
  return (
    <>
      <Fact name={words.containerInstance} isLong>
        {id}
      </Fact>
      <Fact name="ECS">
        <span className={lookOfState(status)}>{status}</span>
        {!isConnected && <span className="bad"> · {words.notConnected}</span>}
      </Fact>
      <Reserved name={words.reservedCpu} used={cpu - freeCpu} of={cpu} unit={words.units} />
      <Reserved name={words.reservedMemory} used={memory - freeMemory} of={memory} unit="MiB" />
    </>
  );
}

interface ReservedProps {
  readonly name: string;
  readonly used: number;
  readonly of: number;
  readonly unit: string;
}

function Reserved({ name, used, of, unit }: ReservedProps) {
  return (
    <Fact name={name}>
      {used} / {of} {unit}
      <meter min={0} max={of} value={used} aria-label={name} />
    </Fact>
  );
}

interface TaskFactsProps {
  readonly task: TaskNow;
  readonly container: ContainerNow;
  /** By the services' names; absent: nobody has looked yet. */
  readonly usage: Readonly<Record<string, ServiceUsage>> | undefined;
  readonly machines: readonly MachineNow[];
}

/** What ECS says of a container and its task, and CloudWatch of their service. */
export function TaskFacts({ task, container, usage, machines }: TaskFactsProps) {
  const host = machines.find(({ id }) => id === task.machine);
  const { cpu, memory } = usage?.[task.service ?? ""] ?? {};
  return (
    <dl className="facts">
      <Fact name={words.state}>
        <span className={lookOfState(container.status)}>{container.status}</span>
        {container.health && <span className={lookOfState(container.health)}> · {container.health}</span>}
      </Fact>
      <Fact name={words.task} isLong>
        {task.id}
      </Fact>
      <Fact name={words.revision}>{task.revision}</Fact>
      <Fact name={words.service}>{task.service}</Fact>
      <Fact name={words.image} isLong>
        {container.image}
      </Fact>
      <Fact name={words.machine}>
        {host ? <a href={`#machines/${host.id}`}>{host.name ?? host.id}</a> : task.launchType}
      </Fact>
      <Fact name={words.zone}>{task.zone}</Fact>
      <Fact name={words.privateAddress}>{task.privateAddress}</Fact>
      <Fact name={words.reservedCpu}>{task.cpu && `${task.cpu} ${words.units}`}</Fact>
      <Fact name={words.reservedMemory}>{task.memory && `${task.memory} MiB`}</Fact>
      <Fact name={words.usedCpu}>{percent(cpu)}</Fact>
      <Fact name={words.usedMemory}>{percent(memory)}</Fact>
    </dl>
  );
}

function percent(value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${value.toFixed(1)} %`;
}

interface FactProps {
  readonly name: string;
  /** Default: it has room in one column. */
  readonly isLong?: boolean;
  readonly children: React.ReactNode;
}

/** Nothing where there is nothing to say. */
function Fact({ name, isLong = false, children }: FactProps) {
  if (children === undefined || children === "") return null;
  return (
    <div className={isLong ? "long" : undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
