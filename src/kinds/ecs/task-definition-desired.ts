import type { ServicePlace } from "./service-reads.ts";

/** One container of a task. */
export interface ContainerDesired {
  readonly name: string;
  readonly image: string;
  /** CPU units, 1024 a core. */
  readonly cpu: number;
  /** MiB; a container that takes more is ended. Absent: what the task has. */
  readonly memory?: number;
  /** Seconds from SIGTERM until it is killed. Absent: ECS's own, 30. */
  readonly stopTimeout?: number;
  /** Whether the task ends with it. */
  readonly essential: boolean;
  readonly portMappings: readonly PortMapping[];
  /** Values by name, in plain sight of everybody who may read the task definition. */
  readonly environment: Readonly<Record<string, string>>;
  /** Names of values of its environment that others set, such as where a service's back ends are: they stay as they are. Default: none. */
  readonly keeps?: readonly string[];
  /** Names or ARNs of SSM parameters, by the variable's name; their values are read when the task starts. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Absent: its output is kept nowhere but on the machine. */
  readonly logConfiguration?: {
    readonly driver: "awslogs" | "json-file";
    readonly options: Readonly<Record<string, string>>;
  };
  readonly healthCheck?: {
    /** E.g. `["CMD-SHELL", "curl -f http://localhost/"]`. */
    readonly command: readonly string[];
    /** Seconds. Default 30. */
    readonly interval?: number;
    /** Seconds. Default 5. */
    readonly timeout?: number;
    /** Default 3. */
    readonly retries?: number;
    /** Seconds after its start in which bad answers do not count. Default 0. */
    readonly startPeriod?: number;
  };
  /** Whether a process of the agent's is the first one in it, which passes signals on. Default false. */
  readonly initProcess?: boolean;
}

/** A port of a container and the port of its machine that leads there. */
export interface PortMapping {
  readonly containerPort: number;
  /** 0: any free one. In the network mode awsvpc always that of the container. */
  readonly hostPort: number;
  readonly protocol: "tcp" | "udp";
  /** By which Service Connect knows it, and what is spoken there. Absent: it does not. */
  readonly name?: string;
  readonly appProtocol?: "http" | "http2" | "grpc";
}

/** A family of task definitions, of which the newest revision counts. */
export interface TaskDefinitionDesired {
  readonly family: string;
  readonly networkMode: "bridge" | "awsvpc" | "host";
  readonly requiresCompatibilities: readonly ("EC2" | "FARGATE")[];
  readonly runtimePlatform: { readonly operatingSystem: "LINUX"; readonly architecture: "X86_64" | "ARM64" };
  /** ARN of the role that pulls images and reads secrets. */
  readonly executionRole: string;
  /** ARN of the role that the containers have; absent: none. */
  readonly taskRole?: string;
  /** CPU units of the whole task; Fargate needs them. Absent: what its containers ask for. */
  readonly cpu?: number;
  /** MiB of the whole task; Fargate needs it. */
  readonly memory?: number;
  readonly containers: readonly ContainerDesired[];
  /** Expressions that an instance must satisfy, e.g. `attribute:ecs.instance-type == t3.small`. Default: none. */
  readonly placementConstraints?: readonly string[];
  /**
   * The container whose image releases replace, and the variable that tells it how the version is called. What a release has
   * set stays as long as the newest revision of ours is a release. Absent: nothing is released to it.
   */
  readonly release?: { readonly container: string; readonly versionVariable?: string };
  /** Who runs it. A revision that it was put back on, and that is as wanted, is not registered once more. Absent: nobody is asked. */
  readonly service?: ServicePlace;
}
