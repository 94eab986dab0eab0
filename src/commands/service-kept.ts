import type { Answered } from "../aws/answered.ts";
import type { Heard } from "../aws/clients.ts";
import { ServiceMemory, serviceLives } from "../aws/service-lives.ts";
import type { LivesKept } from "../runs/kept.ts";
import { type ServiceOptions, serviceNamed } from "./services.ts";
import type { Session } from "./session.ts";

/**
 * What a run that rolls a service keeps of it for whoever looks at the run later: ECS forgets tasks that stopped within an hour, and
 * when a target became healthy knows only who looked just then. It looks once, at the end, and hears what the run asks meanwhile.
 */
export class ServiceKept {
  readonly #session: Session;
  readonly #began: number;
  readonly #memory: ServiceMemory;

  /** @param began when the run did; milliseconds since the epoch on this computer's clock */
  constructor(session: Session, began: number) {
    this.#session = session;
    this.#began = began;
    this.#memory = new ServiceMemory(session.target);
  }

  /** Hears the states of targets in what the run is answered. */
  readonly heard: Heard = (operation, input, output) => {
    if (operation !== "DescribeTargetHealth") return;
    const { TargetGroupArn = "" } = input as { TargetGroupArn?: string };
    const { TargetHealthDescriptions = [] } = output as { TargetHealthDescriptions?: [] };
    this.#memory.targets.saw(TargetGroupArn, TargetHealthDescriptions);
  };

  /** How the service is now, and what became of its tasks. Undefined: it is not there, or nobody may look. */
  async end({ service }: ServiceOptions): Promise<LivesKept | undefined> {
    const { stack, clients, target } = this.#session;
    try {
      const { cluster, name } = serviceNamed(stack, service);
      const lives = await serviceLives(clients, { cluster, service: name }, this.#memory);
      if (!lives) return undefined;
      const at = Date.now();
      const until = (target.now ?? Date.now)();
      const from = until - (at - this.#began) * target.speed;
      const isOwn = ({ targetGroupArn = "" }: Answered) => lives.targetGroups.includes(targetGroupArn);
      const answered = (await target.answered?.(from))?.filter(isOwn);
      return { type: "lives", at, from, until, lives, ...(answered && { answered }) };
    } catch {
      // The run has said what there was to say.
      return undefined;
    }
  }
}
