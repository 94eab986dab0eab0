import { createHash } from "node:crypto";
import type { Process } from "../../program.ts";
import { fail } from "../../program.ts";
import { Refusal } from "../client.ts";
import type { Container, DockerEngine } from "../engine.ts";
import { labels, type Project, type Service } from "./project.ts";

/** A compose command at work: the project, the engine, and where to say what happens. */
export class Session {
  readonly project: Project;
  readonly engine: DockerEngine;
  readonly process: Process;

  constructor(project: Project, engine: DockerEngine, process: Process) {
    this.project = project;
    this.engine = engine;
    this.process = process;
  }

  /** ` Container bia  Started` */
  tell(what: string, state: string): void {
    this.process.print("stderr", ` ${what}  ${state}\n`);
  }

  /** Says what begins and what it came to. */
  async step(what: string, begins: string, ended: string, act: () => Promise<unknown>): Promise<void> {
    this.tell(what, begins);
    try {
      await act();
    } catch (error) {
      this.tell(what, "Error");
      throw error;
    }
    this.tell(what, ended);
  }

  /** Containers of the project, or of one service, whether they run or not; the file's order of services. Not those of `run`. */
  containers(service?: Service): Container[] {
    return this.#containers(service).filter(({ spec }) => spec.labels?.[labels.oneoff] !== "True");
  }

  /** Those that `run` has made. */
  oneOffs(): Container[] {
    return this.#containers(undefined).filter(({ spec }) => spec.labels?.[labels.oneoff] === "True");
  }

  #containers(service: Service | undefined): Container[] {
    const order = this.project.services.map(({ name }) => name);
    return this.engine.containers
      .list({ all: true })
      .filter(({ spec }) => spec.labels?.[labels.project] === this.project.name)
      .filter(({ spec }) => service === undefined || spec.labels?.[labels.service] === service.name)
      .sort((a, b) => order.indexOf(serviceNameOf(a)) - order.indexOf(serviceNameOf(b)));
  }

  /**
   * The services with these names, or all of them.
   *
   * @throws Refusal if there is no such service
   */
  services(names: readonly string[]): Service[] {
    for (const name of names) {
      if (!this.project.services.some((service) => service.name === name)) {
        throw new Refusal(fail(`no such service: ${name}\n`));
      }
    }
    return this.project.services.filter((service) =>
      names.length === 0 ? this.isEnabled(service) : names.includes(service.name),
    );
  }

  /** Whether it belongs to the project as it was asked for, or to a profile that was not. */
  isEnabled({ profiles }: Service): boolean {
    const asked = this.project.profiles;
    return profiles.length === 0 || profiles.some((profile) => asked.includes(profile) || asked.includes("*"));
  }

  /** The services with these names and all that they depend on. */
  withDependencies(names: readonly string[]): Service[] {
    const wanted = new Set(this.services(names).map(({ name }) => name));
    for (const service of [...this.project.services].reverse()) {
      if (!wanted.has(service.name)) continue;
      for (const { service: name, required } of service.dependsOn) {
        const needed = this.project.services.find((one) => one.name === name);
        if (needed && (this.isEnabled(needed) || names.includes(name))) wanted.add(name);
        else if (needed && required) {
          const why = `service "${name}" is required by "${service.name}" but is disabled. Can be enabled by profiles [${needed.profiles.join(" ")}]`;
          throw new Refusal(fail(`${why}\n`, 15));
        }
      }
    }
    return this.project.services.filter(({ name }) => wanted.has(name));
  }
}

export function serviceNameOf({ spec }: Container): string {
  return spec.labels?.[labels.service] ?? "";
}

/** Differs when a service's container has to be made anew. */
export function hashOf({ spec, image, labels: own, files }: Service): string {
  return createHash("sha256")
    .update(JSON.stringify([spec, image, own, files]))
    .digest("hex");
}
