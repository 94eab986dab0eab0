import type {
  ErrorReport,
  Report,
  RunEvent,
  TaskEvent,
  TaskInfo,
  TaskOutcome,
  Verdict,
} from "../../src/engine/event.ts";

/** Noon of a day, when every recorded run begins. */
export const NOON = Date.UTC(2026, 10, 22, 12, 0, 0);

const STAGES = [
  { name: "1", title: "AULA 1: the work machine" },
  { name: "2-3", title: "AULAS 2-3: the app" },
];

/** The tasks of stage 1. */
export const TASKS: readonly TaskInfo[] = [
  info("vpc", "default VPC", "ec2.default-vpc"),
  info("group", "security group bia-dev", "ec2.security-group", ["vpc"]),
  info("role", "role role-acesso-ssm", "iam.role"),
  info("profile", "instance profile role-acesso-ssm", "iam.instance-profile", ["role"]),
  info("instance", "instance bia-dev", "ec2.instance", ["group", "profile"]),
  info("ready", "bia-dev set up", "remote.script", ["instance"]),
];

function info(id: string, title: string, kind: string, after: readonly string[] = []): TaskInfo {
  return { id, title, kind, stage: "1", after };
}

export const CREATED: Verdict = { is: "create" };
const UNCHANGED: Verdict = { is: "unchanged" };
const REMOVED: Verdict = { is: "remove" };

/** An event of a task without its time. */
type Happening = TaskEvent extends infer Event ? (Event extends TaskEvent ? Omit<Event, "at"> : never) : never;

/** A run as the engine would have told it, written down event by event. */
export class Recording {
  readonly events: RunEvent[] = [];
  #now = NOON;
  readonly #command: string;
  readonly #target: "sandbox" | "aws";
  readonly #tasks: readonly TaskInfo[];

  constructor(
    command: string,
    { target = "sandbox", tasks = TASKS }: { target?: "sandbox" | "aws"; tasks?: readonly TaskInfo[] } = {},
  ) {
    this.#command = command;
    this.#target = target;
    this.#tasks = tasks;
    this.events.push({
      type: "run",
      at: this.#now,
      command,
      version: "0.1.0",
      ...this.#where,
      stages: STAGES,
      tasks,
    });
  }

  /** Lets time pass. */
  wait(ms: number): this {
    this.#now += ms;
    return this;
  }

  message(level: "info" | "warning", text: string): this {
    this.events.push({ type: "message", at: this.#now, level, text });
    return this;
  }

  started(...tasks: string[]): this {
    for (const task of tasks) this.#happens({ type: "started", task });
    return this;
  }

  note(task: string, text: string): this {
    return this.#happens({ type: "note", task, text });
  }

  waiting(task: string, reason: string, usually?: number): this {
    const since = this.#since(task);
    return this.#happens({ type: "waiting", task, reason, since, ...(usually !== undefined && { usually }) });
  }

  done(task: string, verdict: Verdict, detail?: string): this {
    return this.#happens({
      type: "done",
      task,
      verdict,
      ms: this.#since(task),
      ...(detail !== undefined && { detail }),
    });
  }

  failed(task: string, error: ErrorReport): this {
    return this.#happens({ type: "failed", task, error, ms: this.#since(task) });
  }

  skipped(task: string, because: string): this {
    return this.#happens({ type: "skipped", task, because });
  }

  /** Ends the run. */
  report(parts: Partial<Report> = {}): RunEvent[] {
    const tasks = this.#tasks.map((task) => this.#outcomeOf(task));
    this.events.push({
      type: "report",
      at: this.#now,
      command: this.#command,
      exitCode: 0,
      ...this.#where,
      tasks,
      calls: { reading: 9, changing: 0 },
      ms: this.#now - NOON,
      outputs: {},
      next: [],
      ...parts,
    });
    return this.events;
  }

  get #where() {
    return { target: this.#target, account: "123456789012", region: "us-east-1", stack: "bia" };
  }

  #happens(event: Happening): this {
    this.events.push({ ...event, at: this.#now });
    return this;
  }

  #since(task: string): number {
    const start = this.events.find((event) => event.type === "started" && event.task === task);
    return this.#now - (start?.at ?? this.#now);
  }

  #outcomeOf({ id, kind, stage, title }: TaskInfo): TaskOutcome {
    const last = this.events.findLast((event) => "task" in event && event.task === id);
    const head = { id, kind, stage, title };
    switch (last?.type) {
      case "done": {
        const { verdict, ms, detail } = last;
        const changes = "changes" in verdict ? { changes: verdict.changes } : {};
        const because = verdict.is === "blocked" ? { because: verdict.why } : {};
        return { ...head, verdict: verdict.is, ms, ...changes, ...because, ...(detail !== undefined && { detail }) };
      }
      case "failed":
        return { ...head, verdict: "failed", ms: last.ms, error: last.error };
      case "skipped":
        return { ...head, verdict: "skipped", ms: 0, because: last.because };
      default:
        return { ...head, verdict: "skipped", ms: 0 };
    }
  }
}

const OUTPUTS = { "work machine": "i-0a1b2c3d4e5f60718", address: "127.0.0.1" };
const ACCESS_DENIED: ErrorReport = {
  what: "role role-acesso-ssm could not be created",
  why: "User: arn:aws:iam::123456789012:user/ana is not authorized to perform: iam:CreateRole",
  next: "Ask for iam:CreateRole, then run `bia-infra create --stage 1` again.",
  code: "AccessDenied",
  requestId: "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE",
};

/** The first create on a machine: all of stage 1 comes up in 42 seconds. */
export function create(): RunEvent[] {
  return new Recording("create")
    .message("info", "the sandbox was started")
    .started("vpc", "role")
    .wait(200)
    .done("vpc", UNCHANGED, "vpc-0123")
    .started("group")
    .wait(300)
    .done("role", CREATED, "3 policies")
    .started("profile")
    .wait(100)
    .done("group", CREATED, "tcp 3001 from anywhere")
    .wait(400)
    .waiting("profile", "not yet seen by EC2", 8)
    .wait(8_000)
    .done("profile", CREATED)
    .started("instance")
    .wait(1_000)
    .waiting("instance", "pending", 30)
    .wait(12_000)
    .done("instance", CREATED, "i-0a1b2c3d4e5f60718, 127.0.0.1")
    .started("ready")
    .wait(2_000)
    .note("ready", "Installing docker")
    .wait(10_000)
    .note("ready", "\x1b[2Kdocker version 25.0.8\r\n")
    .wait(8_000)
    .done("ready", CREATED, "docker 25.0.8, compose v2.23.3")
    .report({
      calls: { reading: 31, changing: 9 },
      outputs: OUTPUTS,
      costPerHour: 0.0174,
      criticalPath: { tasks: ["role", "profile", "instance", "ready"], ms: 42_000 },
      next: ["bia-infra status", "bia-infra destroy --all"],
    });
}

/** The second create: nothing to do. */
export function createAgain(): RunEvent[] {
  const run = new Recording("create").started(...TASKS.map(({ id }) => id)).wait(800);
  for (const { id } of TASKS) run.done(id, UNCHANGED);
  return run.report({ outputs: OUTPUTS, costPerHour: 0.0174, next: ["bia-infra status", "bia-infra destroy --all"] });
}

/** A plan on aws that meets one of every verdict. */
export function plan(): RunEvent[] {
  return new Recording("plan", { target: "aws" })
    .started(...TASKS.map(({ id }) => id))
    .wait(700)
    .done("vpc", UNCHANGED, "vpc-0123")
    .done("group", {
      is: "update",
      changes: [
        { field: "ingress tcp 3001 0.0.0.0/0", to: "allowed" },
        { field: "tags Name", from: "x", to: "sgCurso117" },
      ],
    })
    .done("role", { is: "foreign", changes: [] })
    .done("profile", CREATED)
    .done("instance", {
      is: "update",
      changes: [{ field: "imageId", from: "ami-1", to: "ami-2", needsReplacement: true }],
    })
    .done("ready", { is: "blocked", by: ["instance"], why: "known after instance bia-dev" })
    .report({ costPerHour: 0.0174, next: ["bia-infra create --stage 1 --target aws"] });
}

/** A plan that finds everything in place. */
export function planOfNothing(): RunEvent[] {
  const run = new Recording("plan").started(...TASKS.map(({ id }) => id)).wait(400);
  for (const { id } of TASKS) run.done(id, UNCHANGED);
  return run.report();
}

/** The status of a stack of which one part is missing and another drifted. */
export function status(): RunEvent[] {
  return new Recording("status")
    .started(...TASKS.map(({ id }) => id))
    .wait(300)
    .done("vpc", UNCHANGED, "vpc-0123")
    .done("group", { is: "update", changes: [{ field: "ingress tcp 22 0.0.0.0/0", from: "allowed" }] })
    .done("role", UNCHANGED, "3 policies")
    .done("profile", UNCHANGED)
    .done("instance", { is: "absent" })
    .done("ready", { is: "blocked", by: ["instance"], why: "instance bia-dev is not there" })
    .report({ outputs: {} });
}

/** A destroy that leaves alone what it did not make. */
export function destroy(): RunEvent[] {
  return new Recording("destroy")
    .started("ready")
    .done("ready", { is: "absent" })
    .started("instance")
    .wait(500)
    .waiting("instance", "shutting-down", 40)
    .wait(34_500)
    .done("instance", REMOVED)
    .started("profile", "group")
    .wait(300)
    .done("profile", REMOVED)
    .started("role")
    .done("group", REMOVED)
    .done("vpc", { is: "absent" })
    .wait(300)
    .done("role", { is: "foreign", changes: [] })
    .report({ calls: { reading: 20, changing: 6 }, next: ["bia-infra create --stage 1"] });
}

/** A create that may not make a role; the group that was under way still ends, nothing else is begun. */
export function failure(): RunEvent[] {
  return new Recording("create", { target: "aws" })
    .started("vpc", "role")
    .wait(200)
    .done("vpc", UNCHANGED, "vpc-0123")
    .started("group")
    .note("role", "asking IAM")
    .wait(400)
    .failed("role", ACCESS_DENIED)
    .wait(100)
    .done("group", CREATED, "tcp 3001 from anywhere")
    .skipped("profile", "role role-acesso-ssm failed")
    .skipped("instance", "role role-acesso-ssm failed")
    .skipped("ready", "role role-acesso-ssm failed")
    .report({ exitCode: 1, calls: { reading: 7, changing: 2 } });
}

/** A create in which the person pressed Ctrl-C while the instance came up. */
export function interruption(): RunEvent[] {
  return new Recording("create")
    .started("vpc", "role", "group", "profile")
    .wait(400)
    .done("vpc", UNCHANGED)
    .done("role", CREATED)
    .done("group", CREATED)
    .done("profile", CREATED)
    .started("instance")
    .wait(600)
    .waiting("instance", "pending", 30)
    .wait(5_000)
    .message("warning", "stopping: calls under way may end, nothing new is started (Ctrl-C again leaves at once)")
    .skipped("instance", "interrupted")
    .skipped("ready", "interrupted")
    .report({
      exitCode: 130,
      error: {
        what: "create was interrupted",
        why: "you pressed Ctrl-C; calls under way have ended",
        next: "Run `bia-infra create --stage 1` again: it goes on from where it stopped.",
      },
    });
}

/** A run that ended before it began: there is a report, and no run. */
export function refusal(): RunEvent[] {
  const [, report] = new Recording("create", { tasks: [] }).report({
    exitCode: 2,
    account: "",
    region: "",
    stack: "",
    error: {
      what: "create could not be carried out",
      why: "config/bia.ts cannot be used:\n\n  region\n    is 5",
      next: "",
    },
  });
  return report ? [report] : [];
}

/** A create with far more tasks than a small terminal has rows. */
export function longCreate(count: number): Recording {
  const tasks = Array.from({ length: count }, (_, index) => info(`t${index}`, `thing number ${index}`, "x.thing"));
  return new Recording("create", { tasks });
}

/** A create of both stages in the middle of its work: the first is done, a database is waited for, the rest is to come. */
export function bothStages(): Recording {
  const first = Array.from({ length: 10 }, (_, index) => info(`a${index}`, `machine part ${index}`, "x.thing"));
  const second = Array.from({ length: 35 }, (_, index) => ({
    ...info(`b${index}`, `app part ${index}`, "x.thing"),
    stage: "2-3",
  }));
  const run = new Recording("create", { tasks: [...first, ...second] });
  const ids = [...first, ...second].map(({ id }) => id);
  for (const id of ids.slice(0, 30)) run.started(id).wait(100).done(id, CREATED);
  for (const id of ids.slice(30, 35)) run.started(id);
  return run.waiting("b20", "creating", 360);
}
