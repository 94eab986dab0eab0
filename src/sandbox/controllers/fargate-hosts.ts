import type { DockerEngine, MachineFiles } from "../machine/machine.ts";
import { hostOf } from "../world/ecs/fargate.ts";
import type { EcsTask } from "../world/records.ts";
import type { Region } from "../world/world.ts";
import type { Engines } from "./engines.ts";

/** Nothing of a machine of Fargate's can be mounted: nobody sees it. */
const NO_FILES: MachineFiles = { list: () => [], put: () => "", remove() {} };

/** The machines of tasks on Fargate: one each, with an engine for its containers and nothing else. */
export class FargateHosts {
  readonly #engines: Engines;
  readonly #open = new Map<string, Promise<DockerEngine>>();

  constructor(engines: Engines) {
    this.#engines = engines;
  }

  /** The engine of a task's machine, which is there as soon as somebody asks for it. */
  engineOf(region: Region, task: EcsTask): Promise<DockerEngine> {
    const host = hostOf(task);
    const present = this.#open.get(host);
    if (present) return present;
    const opened = this.#engines.of(region, host).open(NO_FILES);
    this.#open.set(host, opened);
    opened.catch(() => this.#open.delete(host));
    return opened;
  }

  /** Takes a task's machine away with all that is on it, when the task has ended. */
  async remove(region: Region, task: EcsTask): Promise<void> {
    const host = hostOf(task);
    if (!this.#open.delete(host)) return;
    await this.#engines.remove(region, host);
  }
}
