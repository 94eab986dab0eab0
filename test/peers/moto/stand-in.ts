import type { Aws } from "../../../src/aws/clients.ts";
import type { Kind } from "../../../src/engine/task.ts";

// biome-ignore lint/suspicious/noExplicitAny: a stand-in is for kinds of all types
export type AnyKind = Kind<any, any, Aws>;

/** What answers a command in place of moto; undefined: moto itself does. */
export type Answers = (command: object) => object | undefined;

/** A kind whose calls of one service are answered by somebody else where moto cannot. */
export function withAnswers(kind: AnyKind, service: keyof Aws, answers: Answers): AnyKind {
  const { find, create, update, remove } = kind;
  const asking = (aws: Aws): Aws => Object.create(aws, { [service]: { value: answering(aws[service], answers) } });
  return {
    ...kind,
    find: (aws, desired) => find(asking(aws), desired),
    ...(create && { create: (aws, ...rest) => create(asking(aws), ...rest) }),
    ...(update && { update: (aws, ...rest) => update(asking(aws), ...rest) }),
    ...(remove && { remove: (aws, ...rest) => remove(asking(aws), ...rest) }),
  };
}

function answering(client: unknown, answers: Answers): object {
  const { send } = client as { send(command: object, ...rest: unknown[]): Promise<unknown> };
  const instead = async (command: object, ...rest: unknown[]) =>
    answers(command) ?? Reflect.apply(send, client, [command, ...rest]);
  return Object.create(client as object, { send: { value: instead } });
}

/** A kind to which differences in some fields are none. */
export function blindFor(kind: AnyKind, field: RegExp): AnyKind {
  const { diff } = kind;
  if (!diff) return kind;
  return { ...kind, diff: (desired, actual) => diff(desired, actual).filter((change) => !field.test(change.field)) };
}
