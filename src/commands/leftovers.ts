import { type Service, type TaggedThing, taggedWith } from "../aws/tagged/index.ts";
import type { Told } from "../engine/outcome.ts";
import type { AnyTask } from "../engine/task.ts";
import type { Outcome } from "../engine/walk.ts";
import { goesWith, ofOtherRegions } from "./remains.ts";
import type { Session } from "./session.ts";

type Looks = ReadonlyMap<AnyTask, Outcome<Pick<Told, "actual">>>;

/**
 * Says of what carries the stack's tag and is found by no task that it is left over: earlier variables had another name for it,
 * or an older version made it. It costs, and neither create nor destroy gets at it.
 *
 * @param looks what the look at the tasks found
 * @param services where to look; absent: everywhere
 */
export async function tellLeftovers(
  session: Session,
  looks: Promise<Looks>,
  services?: readonly Service[],
): Promise<void> {
  const only = async (thing: TaggedThing) => isLeftOver(session, await looks, thing);
  const ways = services === undefined ? { only } : { services, only };
  const [scan, found] = await Promise.all([taggedWith(session.clients, session.stack.name, ways), looks]);
  // Only what is asked for itself tells what it goes with.
  const suspects = { ...scan, things: scan.things.filter((thing) => isLeftOver(session, found, thing)) };
  const elsewhere = await ofOtherRegions(session, suspects);
  const left = suspects.things.filter((thing) => !elsewhere.has(thing));
  if (left.length === 0) return;
  const next = `Set its old name in the variables again and destroy it, or delete it in the AWS console.`;
  const text = `left over from earlier variables: ${left.map(inWords).join(", ")}. ${next}`;
  session.emit({ type: "message", level: "warning", text });
}

/** What belongs to a task that nobody has looked at, or that could not be looked at, may be all right. */
function isLeftOver({ stack }: Session, looks: Looks, { id, task: of, partOf }: TaggedThing): boolean {
  const task = stack.stages.flatMap(({ tasks }) => tasks).find((one) => one.id === of);
  if (task && looks.get(task)?.is !== "done") return false;
  const found = [...looks].flatMap(([one, look]) => (look.is === "done" ? [{ one, actual: look.result.actual }] : []));
  // Other tasks mention the thing, too: an instance, the security groups that it is in. What a release made (a revision of the
  // task definition) is tagged with a task of the release, which is in no stage, and is there for one that is.
  const own = found.filter(({ one }) => task === undefined || one === task);
  const [name = ""] = id.split(" ");
  if (own.some(({ actual }) => mentions(actual, name))) return false;
  return partOf === undefined || !found.some(({ actual }) => mentions(actual, partOf));
}

/** Whether a name, an id or an ARN stands anywhere in what was found. */
function mentions(found: unknown, name: string): boolean {
  if (typeof found === "string") return found === name || found.endsWith(`/${name}`);
  return typeof found === "object" && found !== null && Object.values(found).some((part) => mentions(part, name));
}

function inWords(thing: TaggedThing): string {
  const notes = [
    ...(thing.partOf === undefined ? [] : [goesWith(thing)]),
    ...(thing.task === undefined ? [] : [`made for ${thing.task}`]),
  ];
  return `${thing.type} ${thing.id}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`;
}
