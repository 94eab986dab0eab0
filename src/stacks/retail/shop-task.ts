import type { Ref, Refs } from "../../engine/task.ts";
import type { TaskDefinitionDesired } from "../../kinds/ecs/task-definition-desired.ts";

/** The port that every program of the shop listens on. */
export const PORT = 8080;
/** What each of them, and its port, is called in its task. */
export const CONTAINER = "application";

/** What of a program the variables say. */
interface Program {
  readonly name: string;
  readonly family: string;
  readonly image: string;
  readonly cpu: number;
  readonly memory: number;
  readonly stopTimeout: number;
}

/** What else a task of it is made of. */
interface Making {
  readonly region: string;
  /** Name of the cluster. */
  readonly cluster: string;
  readonly executionRole: Ref<string>;
  /** Absent: none. */
  readonly taskRole?: Ref<string>;
  readonly logGroup: Ref<string>;
  readonly logPrefix: string;
  /** The path that must answer in the container. */
  readonly healthPath: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Names of values of the environment that later stages set. Default: none. */
  readonly keeps?: readonly string[];
  /** What its environment has from secrets and parameters. Default: nothing. */
  readonly secrets?: Readonly<Record<string, Ref<string>>>;
  readonly initProcess?: boolean;
}

/** A task of one of the shop's programs, as all of the workshop's are. */
export function shopTask(program: Program, making: Making): Refs<TaskDefinitionDesired> {
  const { family, name, image, cpu, memory, stopTimeout } = program;
  const { region, cluster, executionRole, taskRole, logGroup, logPrefix, healthPath, keeps, initProcess } = making;
  return {
    family,
    networkMode: "awsvpc",
    requiresCompatibilities: ["FARGATE"],
    runtimePlatform: { operatingSystem: "LINUX", architecture: "X86_64" },
    executionRole,
    ...(taskRole && { taskRole }),
    cpu,
    memory,
    service: { cluster, name },
    containers: [
      {
        name: CONTAINER,
        image,
        cpu: 0,
        essential: true,
        portMappings: [{ containerPort: PORT, hostPort: PORT, protocol: "tcp", name: CONTAINER, appProtocol: "http" }],
        environment: making.environment,
        ...(keeps && { keeps }),
        secrets: making.secrets ?? {},
        logConfiguration: {
          driver: "awslogs",
          options: {
            "awslogs-group": logGroup,
            "awslogs-region": region,
            "awslogs-stream-prefix": logPrefix,
            // ECS's default, unless an account's setting says otherwise: the shop does not wait for its log.
            mode: "non-blocking",
          },
        },
        healthCheck: {
          command: ["CMD-SHELL", `curl -f http://localhost:${PORT}${healthPath} || exit 1`],
          interval: 10,
          timeout: 5,
          retries: 3,
          startPeriod: 60,
        },
        ...(initProcess && { initProcess }),
        stopTimeout,
      },
    ],
  };
}
