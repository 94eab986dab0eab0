import { GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import type { TaskDefinition } from "@aws-sdk/client-ecs";
import type { Aws } from "../../aws/clients.ts";
import { awsError, isCode } from "../../aws/errors.ts";
import { revisionOf } from "./revisions.ts";

/** Where a container of a task prints to: a stream of CloudWatch Logs. */
interface Stream {
  readonly container: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
}

/** The streams of a task, for those of its containers whose output is kept. (ECS Developer Guide, "Send ECS logs to CloudWatch") */
function streamsOf({ containerDefinitions = [] }: TaskDefinition, task: string): Stream[] {
  return containerDefinitions.flatMap(({ name = "", logConfiguration }) => {
    const { "awslogs-group": group, "awslogs-stream-prefix": prefix } = logConfiguration?.options ?? {};
    if (group === undefined || prefix === undefined) return [];
    return [{ container: name, logGroupName: group, logStreamName: `${prefix}/${name}/${task}` }];
  });
}

/**
 * The end of what a task's containers printed, where it is kept; nobody has to be able to read it.
 *
 * @param revision ARN
 * @param task id
 */
export async function lastPrinted(aws: Aws, revision: string, task: string, lines: number): Promise<string[]> {
  const { definition } = (await revisionOf(aws, revision)) ?? {};
  const read = async ({ logGroupName, logStreamName }: Stream) => {
    try {
      const asked = { logGroupName, logStreamName, limit: lines, startFromHead: false };
      const { events = [] } = await aws.logs.send(new GetLogEventsCommand(asked));
      return events.map(({ message = "" }) => message.trimEnd());
    } catch (error) {
      if (awsError(error)) return [];
      throw error;
    }
  };
  return (await Promise.all(streamsOf(definition ?? {}, task).map(read))).flat();
}

/** What one container of a task prints, read on from where the last look ended. */
export class Printed {
  readonly #aws: Aws;
  readonly #stream: Stream | undefined;
  #nextToken: string | undefined;

  private constructor(aws: Aws, stream: Stream | undefined) {
    this.#aws = aws;
    this.#stream = stream;
  }

  static async by(aws: Aws, revision: string, container: string, task: string): Promise<Printed> {
    const { definition } = (await revisionOf(aws, revision)) ?? {};
    return new Printed(
      aws,
      streamsOf(definition ?? {}, task).find((one) => one.container === container),
    );
  }

  /** False: the container has no log driver awslogs, so nothing is ever to be read. */
  get isKept(): boolean {
    return this.#stream !== undefined;
  }

  /** What came since the last call; the first line makes the stream. */
  async lines(): Promise<string[]> {
    if (!this.#stream) return [];
    const { logGroupName, logStreamName } = this.#stream;
    const lines: string[] = [];
    for (;;) {
      const nextToken = this.#nextToken;
      try {
        const asked = { logGroupName, logStreamName, startFromHead: true, nextToken };
        const { events = [], nextForwardToken } = await this.#aws.logs.send(new GetLogEventsCommand(asked));
        lines.push(...events.map(({ message = "" }) => message));
        this.#nextToken = nextForwardToken;
        // The same token again is the end of what there is. (GetLogEvents, nextForwardToken)
        if (nextForwardToken === nextToken) return lines;
      } catch (error) {
        if (isCode(error, "ResourceNotFoundException")) return lines;
        throw error;
      }
    }
  }
}
