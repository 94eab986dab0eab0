import type { ContainerSpec } from "../engine.ts";

/** What a compose file describes. */
export interface Project {
  readonly name: string;
  /** Folder of the machine that paths in the file are relative to. */
  readonly folder: string;
  /** The compose files, each adding to those before it. */
  readonly files: readonly string[];
  /** Profiles that are asked for. */
  readonly profiles: readonly string[];
  /** Those that a service is before come first, otherwise in the order of their names. */
  readonly services: readonly Service[];
  readonly volumes: readonly ProjectVolume[];
  /** Those that the file names, and `default`. */
  readonly networks: readonly ProjectNetwork[];
}

export interface ProjectVolume {
  readonly key: string;
  /** As docker knows it: `bia_db`. */
  readonly name: string;
  /** It was made outside of compose and is never removed. */
  readonly external: boolean;
}

export interface ProjectNetwork {
  readonly key: string;
  /** As docker knows it: `bia_default`. */
  readonly name: string;
  /** It was made outside of compose and is never removed. */
  readonly external: boolean;
}

export interface Service {
  readonly name: string;
  readonly build?: ServiceBuild;
  /** Image of its containers; a built one gets this name. */
  readonly image: string;
  readonly containerName: string;
  /** Empty: it is always there; else only where one of these is asked for. */
  readonly profiles: readonly string[];
  readonly dependsOn: readonly Dependency[];
  /** What its container is made of, labels aside. */
  readonly spec: Omit<ContainerSpec, "image" | "name" | "labels">;
  readonly labels: Readonly<Record<string, string>>;
  /** Copied into its containers before they start. */
  readonly files: readonly ServiceFile[];
  /** As the file says, with variables filled in; `docker compose config` prints it. */
  readonly source: Readonly<Record<string, unknown>>;
  /** Keys that have no effect here. */
  readonly unregarded: readonly string[];
  /** What of it the sandbox cannot do, if it has its image. */
  readonly gap?: Error;
}

export interface ServiceBuild {
  /** Folder of the machine. */
  readonly context: string;
  /** From the context, of which it may be outside. */
  readonly dockerfile?: string;
  /** The Dockerfile's text, in the place of a file. */
  readonly inline?: string;
  readonly args: Readonly<Record<string, string>>;
  readonly target?: string;
  /** What COPY --from and FROM may name besides: folders of the machine, and images after `docker-image://`. */
  readonly contexts: Readonly<Record<string, string>>;
}

/** A secret or a config that is of no file. */
export interface ServiceFile {
  readonly target: string;
  readonly mode: number;
  /** What is in it; absent: `missing` says why there is nothing. */
  readonly text?: string;
  readonly missing?: string;
}

export interface Dependency {
  readonly service: string;
  readonly condition: "service_started" | "service_healthy" | "service_completed_successfully";
  /** False: it may be missing. */
  readonly required: boolean;
}

/** Labels by which docker compose knows its own. */
export const labels = {
  project: "com.docker.compose.project",
  service: "com.docker.compose.service",
  hash: "com.docker.compose.config-hash",
  number: "com.docker.compose.container-number",
  oneoff: "com.docker.compose.oneoff",
  folder: "com.docker.compose.project.working_dir",
  files: "com.docker.compose.project.config_files",
  image: "com.docker.compose.image",
  volume: "com.docker.compose.volume",
  network: "com.docker.compose.network",
} as const;

/** The networks that containers of these services are attached to. */
export function networksOf({ networks }: Project, services: readonly Service[]): ProjectNetwork[] {
  const used = new Set(services.flatMap(({ spec }) => (spec.networks ?? []).map(({ name }) => name)));
  return networks.filter(({ name }) => used.has(name));
}
