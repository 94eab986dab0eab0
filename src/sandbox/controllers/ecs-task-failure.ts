/** Why a task does not start, in the words of ECS and its agent. */
export class TaskFailure extends Error {
  /** Name of the container that it is about; absent: the task as a whole. */
  readonly container: string | undefined;

  constructor(message: string, container?: string) {
    super(message);
    this.name = "TaskFailure";
    this.container = container;
  }
}
