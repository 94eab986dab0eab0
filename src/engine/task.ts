import type { Cost } from "./cost.ts";
import type { Change } from "./event.ts";

/** Seconds of wall clock. */
export type Seconds = number;

/** Tells the person a line about the task at hand: a detail, or a line of streamed output. */
export type Note = (text: string) => void;

/**
 * How one sort of thing is found, compared, created, updated and deleted. Everything that is the same for all kinds
 * (waiting, time limits, retry, events, ownership) is the engine's.
 *
 * @typeParam Desired what a stack asks for, in plain values
 * @typeParam Actual what AWS says is there
 * @typeParam Aws how the kind reaches AWS; the engine only passes it on
 */
export interface Kind<Desired, Actual, Aws = unknown> {
  /** `service.thing`, e.g. `ecs.service`. */
  readonly type: string;
  /**
   * True for things of a service without regions: the stacks of all regions of an account see them, so each remembers the region
   * that it was made for. Such a kind has `tags` and `adopt`.
   */
  readonly global?: true;
  /** Name of the service-linked role that AWS makes for itself with the first of these in an account, and keeps. Absent: it makes none. */
  readonly linkedRole?: string;
  /** The check, and the only place where an `Actual` is built. Undefined: there is none. Never changes anything. */
  find(aws: Aws, desired: Desired): Promise<Actual | undefined>;
  /** What differs, field by field; pure. Absent: the thing only exists or does not. */
  diff?(desired: Desired, actual: Actual): Change[];
  /**
   * Makes the thing. It may leave for `update` whatever `diff` would find missing: the engine compares again after every
   * create, so a crash in between heals by itself. An "already exists" of AWS is taken as success.
   * It is repeated whole when AWS refuses any of its calls for the moment: a thing without a name or token that would keep
   * it from being made twice is made by its last call.
   * Answers what it made, where AWS's own answer says all that `find` would say of it: the look after it falls away then. Nothing
   * otherwise, and when it was there already.
   * Absent: the thing cannot be made by us (a default VPC); `missing` then says what to do.
   */
  create?(aws: Aws, desired: Desired, note: Note): Promise<Answered<Actual>>;
  /** For a kind without `create`: what a person should do when the thing is not there. */
  missing?(desired: Desired): string;
  /** Repairs `changes` in place, and answers as `create` does. Absent: no field of the kind can be changed in place. */
  update?(
    aws: Aws,
    desired: Desired,
    actual: Actual,
    changes: readonly Change[],
    note: Note,
  ): Promise<Answered<Actual>>;
  /**
   * What it will be once `changes` have been repaired, as far as others mention it: a value that only AWS will give is put into
   * words, e.g. `(its next revision)`, which a plan then shows as theirs. Absent: no update changes what others mention.
   */
  foreseen?(actual: Actual, changes: readonly Change[]): Actual;
  /** Deletes the thing; a "not found" of AWS is success. Absent: there is nothing to delete, or it is never ours. */
  remove?(aws: Aws, actual: Actual, note: Note): Promise<void>;
  /**
   * Whether everything that `early` refs read is known yet (a certificate's validation record comes seconds after the
   * certificate). What is ready must be usable. Absent: as soon as the thing exists.
   */
  usable?(actual: Actual): boolean;
  /** Why the thing is not ready yet, in words for the terminal; undefined: it is ready. */
  pending?(actual: Actual): string | undefined;
  /** Why the thing will never become ready (AWS's reason); undefined: it may. The engine then stops waiting. */
  broken?(actual: Actual): string | undefined;
  /** The longest that what is waited for now may stand still; undefined: as long as `limits` say. */
  stalls?(actual: Actual): Seconds | undefined;
  /** What the person should do about a thing that is `broken`, or stands still for too long. Absent: destroy it and create it again. */
  remedy?(actual: Actual): string;
  /** True where a difference may be why it is broken: then that is repaired before it is given up. */
  readonly heals?: true;
  /** True for things that are *done*: one that an earlier run left broken is simply done again. */
  readonly redo?: boolean;
  /**
   * Called between two looks at a thing that is not ready, to show the person what goes on inside it. Leaves nothing
   * behind on AWS. Receives what it answered last (undefined the first time), so that it can go on from there.
   */
  follow?(aws: Aws, actual: Actual, note: Note, place: unknown): Promise<unknown>;
  /** What keeps AWS from deleting the thing; undefined: nobody can say. Asked while AWS refuses a `remove`, or has given it up; only reads. */
  blockedBy?(aws: Aws, actual: Actual): Promise<Blocker | undefined>;
  /**
   * Types of the kinds that a thing of this one may mention and yet stay while they are made anew: AWS lets go of them, and
   * an update repairs it afterwards. Absent: it must go before anything that it mentions.
   */
  readonly outlives?: readonly string[];
  /**
   * True where AWS has deleted the thing when it answers `remove`: a destroy then does not look whether it is gone, since what
   * carries our tags is looked for at its end anyway.
   */
  readonly goneAtOnce?: true;
  /** While this answers true the thing counts as still there after `remove` but is on its way out. */
  leaving?(actual: Actual): boolean;
  /** Why AWS gave up a `remove` that it had accepted, so that it has to be asked again; undefined: it did not. */
  stays?(actual: Actual): string | undefined;
  /** Its tags. Absent on a kind: the thing carries none, so it belongs to whatever it is attached to and is never foreign. */
  tags?(actual: Actual): Readonly<Record<string, string>>;
  /** Puts our ownership tags on a thing that someone else made (`--adopt`). */
  adopt?(aws: Aws, actual: Actual, tags: Readonly<Record<string, string>>): Promise<void>;
  /** What of a person's own is lost with the thing, e.g. `everything on its disk`. Absent: nothing. */
  readonly holds?: string;
  /** What other people have put into the thing and goes with it, each in words, e.g. `tcp 22 from 203.0.113.7/32`. */
  addedByOthers?(actual: Actual): readonly string[];
  /** A few words on what is there, e.g. `tcp 3001 from anywhere`. */
  describe?(actual: Actual): string;
  /** How long things usually take and may take at most. */
  readonly limits?: Limits;
}

/** A thing as AWS's answer to a call that changed it tells; nothing: it has to be looked for. */
// biome-ignore lint/suspicious/noConfusingVoidType: most calls answer nothing, and shall not have to say so
export type Answered<Actual> = Actual | undefined | void;

/** What keeps AWS from deleting a thing. */
export interface Blocker {
  /** In words for the terminal, e.g. `interface eni-0ab (ELB app/bia-alb/50dc6c49)`. */
  readonly by: string;
  /** What a person has to do about it. Absent: it goes away by itself. */
  readonly next?: string;
}

/** Times of a kind. */
export interface Limits {
  /** How long it usually takes to become ready; shown to the person and used to start the longest path first. Default 1. */
  readonly usually?: Seconds;
  /** At most from the create to ready. Default 300. */
  readonly ready?: Seconds;
  /** At most from an update to its being seen. Default: as `ready`. */
  readonly shown?: Seconds;
  /** What to do when that is over. Default: to run the same command again. */
  readonly late?: string;
  /** How long it usually takes to be gone; shown to the person. Absent: nothing is said. */
  readonly usuallyGone?: Seconds;
  /** At most from the remove to gone. Default 300. */
  readonly gone?: Seconds;
  /** Shortest and longest pause between two looks. Default 0.2 and 5. */
  readonly poll?: readonly [min: Seconds, max: Seconds];
}

/** How far a task must have come before a ref to it can be read. */
export type Readiness = "exists" | "ready";

/**
 * A value that another task will have. Putting a ref into a task's `desired` is what makes the edge between the two:
 * to mention is to depend.
 */
export class Ref<T> {
  readonly task: AnyTask;
  readonly readiness: Readiness;
  readonly #read: (actual: never) => T;

  constructor(task: AnyTask, readiness: Readiness, read: (actual: never) => T) {
    this.task = task;
    this.readiness = readiness;
    this.#read = read;
  }

  /** The value, from what was found of the task. */
  read(actual: unknown): T {
    return this.#read(actual as never);
  }
}

/** `T` as a stack may write it: any part of it may be a ref instead of the value. */
export type Refs<T> =
  | Ref<T>
  | (T extends string | number | boolean | null | undefined | Date
      ? T
      : T extends readonly (infer Item)[]
        ? readonly Refs<Item>[]
        : { readonly [Key in keyof T]: Refs<T[Key]> });

/** One thing that must exist or have been done. Made by `task()`. */
export interface Task<Desired, Actual, Aws = unknown> {
  readonly id: string;
  readonly title: string;
  readonly kind: Kind<Desired, Actual, Aws>;
  readonly desired: Refs<Desired>;
  /** Tasks that must be ready first although no value of theirs is needed. */
  readonly after: readonly AnyTask[];
  /** A value of this task that can be read once the task is ready. */
  out<T>(read: (actual: Actual) => T): Ref<T>;
  /** A value of this task that can be read as soon as it exists and is `usable`, where AWS allows that before it is ready. */
  early<T>(read: (actual: Actual) => T): Ref<T>;
}

/** A task whose types do not matter to the one who holds it. */
// biome-ignore lint/suspicious/noExplicitAny: a task is invariant in its types, only `any` stands for all of them
export type AnyTask = Task<any, any, any>;

/**
 * A task. It can only mention tasks that exist as values, so a cycle cannot be written.
 *
 * @param id stable and unique in its stack; it becomes the value of the tag `bia-infra:task`
 * @param title words for a person, e.g. `security group bia-dev`
 */
export function task<Desired, Actual, Aws>(
  id: string,
  title: string,
  kind: Kind<Desired, Actual, Aws>,
  desired: Refs<Desired>,
  after: readonly AnyTask[] = [],
): Task<Desired, Actual, Aws> {
  const self: Task<Desired, Actual, Aws> = {
    id,
    title,
    kind,
    desired,
    after,
    out: (read) => new Ref(self, "ready", read),
    early: (read) => new Ref(self, "exists", read),
  };
  return self;
}

/** Whether values of the thing can be read by those that need it only to exist. */
export function isUsable({ kind }: AnyTask, actual: unknown): boolean {
  return kind.usable?.(actual) ?? true;
}

/** Every ref that is mentioned anywhere in `value`. */
export function refsIn(value: unknown): Ref<unknown>[] {
  if (value instanceof Ref) return [value];
  if (!isContainer(value)) return [];
  return Object.values(value).flatMap(refsIn);
}

/** A part of a `desired` that may hold refs. */
export function isContainer(value: unknown): value is object {
  return (
    typeof value === "object" &&
    value !== null &&
    (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype)
  );
}

/** A task that another one waits for, and how far it must have come. */
export interface Edge {
  readonly task: AnyTask;
  readonly readiness: Readiness;
}

/** What `task` waits for: one edge per task, `ready` winning over `exists`. */
export function edgesOf(task: AnyTask): Edge[] {
  const edges = new Map<AnyTask, Edge>();
  for (const earlier of task.after) edges.set(earlier, { task: earlier, readiness: "ready" });
  for (const ref of refsIn(task.desired)) {
    if (edges.get(ref.task)?.readiness === "ready") continue;
    edges.set(ref.task, { task: ref.task, readiness: ref.readiness });
  }
  return [...edges.values()];
}

/** A named part of a stack: what one lesson builds. */
export interface Stage {
  /** As typed after `--stage`, e.g. `1` or `2-3`. */
  readonly name: string;
  /** Words above its tasks, e.g. `AULA 1: the work machine`. */
  readonly title: string;
  readonly tasks: readonly AnyTask[];
  /** Parts that these variables do without, and others may have made: `destroy` takes them along. Absent: there are none. */
  readonly leftOut?: readonly AnyTask[];
  /** What a person wants to know once it is up, by name: urls, addresses, ids. */
  readonly outputs: Readonly<Record<string, Ref<string | undefined>>>;
  /** Paths of the variables that name its things of services without regions: stacks of two regions need different ones. Absent: there are none. */
  readonly accountWide?: readonly string[];
  /** Log groups that AWS itself makes for its things, without our tag, and keeps when those are gone. Absent: there are none. */
  readonly logGroupsOfAws?: readonly string[];
  /** What its parts cost at AWS's list prices. */
  readonly costs: readonly Cost[];
  /** The service that runs on by itself, and what it stands on; absent: the stage has none. */
  readonly running?: RunningService;
  /** The service whose count it gives to Application Auto Scaling, and its cluster, by name; absent: none. */
  readonly scales?: { readonly cluster: string; readonly service: string };
  /** The machine that a person works on; absent: the stage has none. */
  readonly workMachine?: WorkMachine;
  /** The services that new versions are put on. Default: none. */
  readonly services?: readonly DeployedService[];
  /** The database that a person connects to; absent: the stage has none. */
  readonly database?: StageDatabase;
}

/** The names by which all that belongs to a service is found. */
export interface ServiceNames {
  /** Its own name in its cluster. */
  readonly name: string;
  readonly cluster: string;
  /** The family of its task definitions. */
  readonly family: string;
  /** The container whose image a version is. */
  readonly container: string;
}

/** A service that new versions are put on: of its image, or of its environment where the image is somebody else's. */
export type DeployedService = BuiltService | ConfiguredService;

/** A service whose image is built from a source, a version each time. */
export interface BuiltService extends RolledService {
  readonly versionsOf: "image";
  /** The repository that holds the images. */
  readonly repository: string;
  /** What has to be done so that a version serves. */
  release(version: Version): Release;
}

/** A service of an image that somebody else builds. */
export interface ConfiguredService extends RolledService {
  readonly versionsOf: "environment";
  /** What has to be done so that its image serves with a changed environment. */
  release(changed: ChangedEnvironment): Release;
}

/** A service that is brought from one revision to another. */
export interface RolledService extends ServiceNames {
  /** Where it is asked from outside; absent: nobody can. */
  readonly asked?: Asked;
  readonly rollSettings: RollSettings;
  /**
   * The task of putting the service on a revision that is there already.
   *
   * @param anewSince its tasks are replaced even if they are of that revision, unless a deployment after this time did so
   */
  putOn(revision: string | Ref<string>, roll: Roll, anewSince?: Ref<Date>): AnyTask;
}

/** Where a service answers everybody. */
export interface Asked {
  /** Of its load balancer itself, which answers whatever becomes of a domain. */
  readonly url: Ref<string>;
  /** As people know it; absent: as `url`. */
  readonly site?: Ref<string>;
  /** The path that is asked. */
  readonly path: string;
  /** Whether its answer there names the version, always. */
  readonly tells: boolean;
}

/** What decides how long a service takes to be rolled. */
export interface RollSettings {
  /** Tasks that it has. */
  readonly tasks: Figure;
  /** Per cent of them that have to run, and that may. */
  readonly least: Figure;
  readonly most: Figure;
  /** Seconds that a leaving target may finish its requests in. Absent: it has no load balancer. */
  readonly drain?: Figure;
  /** Seconds between two health checks of the load balancer. Absent, as what follows of it: it has none. */
  readonly check?: Figure;
  /** Good answers in a row after which a target that was unhealthy is healthy. */
  readonly good?: Figure;
  /** Bad answers in a row after which a target is unhealthy. */
  readonly bad?: Figure;
  /** Seconds after which a task that does not end when it is told to is killed. */
  readonly kill: Figure;
}

/** A number, and the path of the variable that it comes from. */
export interface Figure {
  readonly value: number;
  /** What the course has. */
  readonly course: number;
  /** Path of the variable that says it; absent: nobody can set it. */
  readonly variable?: string;
}

/** A version of a service as somebody asks for it. */
export interface Version {
  /** The tag of its image. */
  readonly tag: string;
  /** Who builds the image: the work machine, this computer's docker or podman; `none`: nobody, it is in the repository already. */
  readonly builder: "machine" | "docker" | "none";
  /** `ARG`s of its Dockerfile, by name. */
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Whether the app's migrations are run with the new image before the roll. */
  readonly migrate: boolean;
  /** How registries are reached from this computer; absent: not at all. */
  readonly registry?: RegistryPlace;
  readonly roll: Roll;
}

/** An environment of a service's container as somebody asks for it. */
export interface ChangedEnvironment {
  /** Values by name, over those that the stack's variables give it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly roll: Roll;
}

/** Where the registries of an account are. */
export interface RegistryPlace {
  /** URL of the one that all are reached at; absent: each at its own name, over TLS. */
  readonly url?: string;
}

/** How a service is brought from one revision to another. */
export interface Roll {
  /** When it counts as done: the version alone serves, the service is steady again, or AWS has been asked. */
  readonly until: "deployed" | "stable" | "none";
  /** The longest that it may stand still. */
  readonly timeout: Seconds;
}

/** The tasks that put a version on a service. */
export interface Release {
  readonly tasks: readonly AnyTask[];
  /** Looks, before anything is changed, what would keep the version from serving. */
  readonly checks: AnyTask;
  /** The image, and a look whether it is for the machines. Absent: it stays the same. */
  readonly built?: { readonly image: AnyTask; readonly platform: AnyTask };
  readonly revision: AnyTask;
  /** Absent: nothing is migrated. */
  readonly migration?: AnyTask;
  readonly roll: AnyTask;
}

/** What of a stage lives on by itself once it is up, by the names that AWS knows. */
export interface RunningService {
  readonly cluster: string;
  readonly service: string;
  /** Absent: it needs none. */
  readonly database?: string;
  /** Path of the variable that lets commands be run on the machines that its tasks are on. Absent: nobody sees those. */
  readonly takesCommands?: string;
}

/** A database that a stage makes. */
export interface StageDatabase {
  /** As a person calls it. */
  readonly identifier: string;
  /** Of what the app keeps its tables in. */
  readonly name: string;
  /** Name of the SecureString parameter that holds its password. */
  readonly passwordParameter: string;
}

/** A machine that a person opens a shell on, with the app that runs on it while one develops. */
export interface WorkMachine {
  /** As a person calls it, e.g. `bia-dev`. */
  readonly name: string;
  readonly instanceId: Ref<string>;
  /** The tasks that bring the app there and up, and nothing else. */
  readonly app: readonly AnyTask[];
  /** Where the app is there, whose it is and on which port it is served. */
  readonly served: { readonly folder: string; readonly user: string; readonly port: number };
  /** The task that keeps the secrets of the app's environment, and their parameter; absent: the variables give it no environment. */
  readonly secrets?: { readonly task: AnyTask; readonly parameter: string };
}

/** Everything that belongs together under one name. Stages build on the ones before them. */
export interface Stack {
  readonly name: string;
  readonly stages: readonly Stage[];
}
