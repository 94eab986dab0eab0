import { cpus, totalmem } from "node:os";
import type { Container } from "@aws-sdk/client-ecs";
import type { ContainerUsage } from "../machine/machine.ts";
import type { EcsTask } from "../world/records.ts";
import type { Region } from "../world/world.ts";

/** What the containers of a task use now, by name. */
export type UsageOf = (region: Region, task: EcsTask) => Promise<ReadonlyMap<string, ContainerUsage>>;

const MIB = 2 ** 20;

/** What one look at a container's processors has found, in nanoseconds. */
interface Look {
  readonly read: Date;
  readonly used: number;
  /** Of all processors of this computer, for everything. */
  readonly system: number;
}

/**
 * What containers of tasks use, as docker tells it, of their real processes. What docker has beside it, on networks and block devices,
 * nobody here knows. ("Task metadata endpoint version 4", "/stats"; Docker Engine API, ContainerStats)
 */
export class TaskStatistics {
  usageOf: UsageOf = async () => new Map();
  /** The last look at each, by ARN. */
  readonly #looks = new Map<string, Look>();

  /** Undefined: it does not run, or has not told yet. */
  async of(region: Region, task: EcsTask, container: Container): Promise<object | undefined> {
    const usage = (await this.usageOf(region, task)).get(container.name ?? "");
    return usage && this.#told(task, container, usage);
  }

  /** Of all containers, by their ids. */
  async ofAll(region: Region, task: EcsTask): Promise<object> {
    const usage = await this.usageOf(region, task);
    const told = task.containers.map((container) => {
      const used = usage.get(container.name ?? "");
      return [container.runtimeId ?? "", used ? this.#told(task, container, used) : null] as const;
    });
    return Object.fromEntries(told);
  }

  #told(task: EcsTask, container: Container, { memory, cpu, processes }: ContainerUsage): object {
    const { containerArn = "", name = "" } = container;
    const look = { read: new Date(), used: Math.round(cpu * 1e9), system: systemTime() };
    const before = this.#looks.get(containerArn);
    this.#looks.set(containerArn, look);
    // Of a task without a bound it is the machine's.
    const limit = Number(container.memory ?? task.memory) * MIB || totalmem();
    return {
      read: look.read,
      preread: before?.read ?? "0001-01-01T00:00:00Z",
      pids_stats: { current: processes },
      cpu_stats: processorTime(look),
      precpu_stats: before ? processorTime(before) : {},
      memory_stats: { usage: memory, limit },
      name,
      id: container.runtimeId,
    };
  }
}

function processorTime({ used, system }: Look): object {
  return { cpu_usage: { total_usage: used }, system_cpu_usage: system, online_cpus: cpus().length };
}

/** Nanoseconds that the processors of this computer have been there for. */
function systemTime(): number {
  const milliseconds = cpus().flatMap(({ times }) => Object.values(times));
  return milliseconds.reduce((sum, time) => sum + time, 0) * 1e6;
}
