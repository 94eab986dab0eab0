/**
 * What a run says while it works. One stream of these events feeds every view (terminal tree, plain lines, NDJSON), so a
 * view never asks the engine anything and the engine knows no view.
 *
 * All times are milliseconds: `at` since the epoch, `ms` and `since` are durations. Nothing here ever carries a secret.
 */

/** One field that differs between what is wanted and what is there. */
export interface Change {
  /** Path of the field in AWS's own terms, e.g. `ingress tcp 3001 0.0.0.0/0` or `metadataOptions.httpTokens`. */
  readonly field: string;
  /** What is there now; absence means that nothing is. */
  readonly from?: string;
  /** What is wanted; absence means that it must go. */
  readonly to?: string;
  /** True when AWS cannot change this field in place: the resource would have to be made anew. */
  readonly needsReplacement?: boolean;
  /**
   * Why it is left as it is, in words: AWS or a person may rightly have moved it, or it holds for a new thing only (then
   * `needsReplacement`, and `--replace` is what gives it). It is told and is no change. Absent: it is repaired.
   */
  readonly left?: string;
  /** What repairing it takes of the person, in words, e.g. `the machine is stopped for about a minute`. Absent: nothing. */
  readonly takes?: string;
  /** True when a thing that somebody else made is of no use without it: it is not ours to change, so the run ends. */
  readonly indispensable?: boolean;
}

/** What a task came to, or, in a plan, what it would come to. */
export type Verdict =
  | { readonly is: "create" }
  | { readonly is: "update"; readonly changes: readonly Change[] }
  /** Cannot be changed in place: it would be, or was, deleted and made anew, itself or with what it mentions. */
  | {
      readonly is: "replace";
      readonly changes: readonly Change[] /** What that takes, a line each. */;
      readonly words: readonly string[];
    }
  | { readonly is: "unchanged" }
  /** Of a status: it is there but of no use, yet or ever; `why` in AWS's words. */
  | { readonly is: "not-ready"; readonly why: string; readonly changes: readonly Change[] }
  | { readonly is: "remove" }
  | { readonly is: "absent" }
  /** It is there but does not carry our ownership tag: used as it is, never changed or deleted. */
  | { readonly is: "foreign"; readonly changes: readonly Change[] }
  /** It belongs to the stack of the same name in another region of the account, and is left to it. */
  | { readonly is: "elsewhere"; readonly region: string }
  /** Cannot be said or done because of other tasks (their ids). */
  | { readonly is: "blocked"; readonly by: readonly string[]; readonly why: string };

/** A task as the views need to know it. */
export interface TaskInfo {
  /** Stable id, unique in its stack, e.g. `security-group-bia-dev`. */
  readonly id: string;
  /** Words for a person, e.g. `security group bia-dev`. */
  readonly title: string;
  /** Type of its kind, e.g. `ec2.security-group`. */
  readonly kind: string;
  /** Name of the stage that it belongs to, e.g. `1`. */
  readonly stage: string;
  /** Ids of the tasks that it waits for. */
  readonly after: readonly string[];
}

/** An error in three sentences: what failed, why in AWS's own words, what to do next. */
export interface ErrorReport {
  /** What failed, e.g. `role role-acesso-ssm could not be created`. */
  readonly what: string;
  /** Why: AWS's own code and words where there are any. */
  readonly why: string;
  /** What to do next, the most useful line: a command to run or a value to change. */
  readonly next: string;
  /** AWS's error code, e.g. `AccessDenied`; absent when the error is not AWS's. */
  readonly code?: string;
  /** AWS's request id, for a support case; absent when there was no answer. */
  readonly requestId?: string;
}

/** First event of a run: where it works and on what. */
export interface RunStarted {
  readonly type: "run";
  readonly at: number;
  /** The command as typed by its name: `create`, `plan`, `status`, `destroy`. */
  readonly command: string;
  readonly version: string;
  readonly target: "sandbox" | "aws";
  /** URL of the endpoint when it is not AWS's own. */
  readonly endpoint?: string;
  readonly account: string;
  readonly region: string;
  readonly stack: string;
  /** The stages in order, with the words that a person reads above their tasks. */
  readonly stages: readonly { readonly name: string; readonly title: string }[];
  /** The tasks of the run, in the order in which a person reads them. */
  readonly tasks: readonly TaskInfo[];
}

/** What happens to a task. `task` is its id. */
export type TaskEvent =
  | { readonly type: "started"; readonly at: number; readonly task: string }
  /** A line of detail or of streamed output. */
  | { readonly type: "note"; readonly at: number; readonly task: string; readonly text: string }
  /** Not ready yet, and why; sent when the reason changes. `usually`: seconds that this takes as a rule. */
  | {
      readonly type: "waiting";
      readonly at: number;
      readonly task: string;
      readonly reason: string;
      readonly since: number;
      readonly usually?: number;
    }
  | {
      readonly type: "done";
      readonly at: number;
      readonly task: string;
      readonly verdict: Verdict;
      readonly ms: number;
      /** A few words on what is there now, e.g. `tcp 3001 from anywhere` or `i-0abc, 3.80.1.2`. */
      readonly detail?: string;
    }
  | {
      readonly type: "failed";
      readonly at: number;
      readonly task: string;
      readonly error: ErrorReport;
      readonly ms: number;
    }
  /** Not tried. `because` says why in words, e.g. `role role-acesso-ssm failed`. */
  | { readonly type: "skipped"; readonly at: number; readonly task: string; readonly because: string };

/** Something that a person should read and that belongs to no task, e.g. `the sandbox was started`. */
export interface Message {
  readonly type: "message";
  readonly at: number;
  readonly level: "info" | "warning";
  readonly text: string;
}

/** How one task ended, in the report. */
export interface TaskOutcome {
  readonly id: string;
  readonly kind: string;
  readonly stage: string;
  readonly title: string;
  /** `failed`, `skipped` or what the verdict is. */
  readonly verdict: Verdict["is"] | "failed" | "skipped";
  /** From the moment that nothing held it back to its end; 0 when it was not tried. */
  readonly ms: number;
  readonly changes?: readonly Change[];
  /** What differs and is left as it is; absent: nothing. */
  readonly left?: readonly Change[];
  readonly detail?: string;
  readonly error?: ErrorReport;
  readonly because?: string;
  /** What a replacement takes, a line each. */
  readonly words?: readonly string[];
  /** The other region whose stack it belongs to. */
  readonly region?: string;
}

/** Something of the stack of the same name in another region, which a destroy leaves to it. */
export interface Standing extends Omit<Left, "why"> {
  readonly region: string;
}

/** Something of the stack that is still there after a destroy. */
export interface Left {
  /** AWS service, as its SDK client is called, e.g. `elbv2`. */
  readonly service: string;
  /** What it is, in AWS's words, e.g. `target group`. */
  readonly type: string;
  readonly id: string;
  /** Why it is still there: AWS's own words where it refused. */
  readonly why: string;
}

/** What came of requesting a url throughout a run. Times are milliseconds since the first request. */
export interface ProbeReport {
  readonly url: string;
  /** Requests a second, evenly spaced. */
  readonly rate: number;
  readonly requests: number;
  /** Those without an answer of 2xx. */
  readonly failed: number;
  readonly failures: readonly { readonly why: string; readonly count: number; readonly atMs: number }[];
  readonly slowestMs: number;
  /** The longest time in which it served nobody. */
  readonly longestGapMs: number;
  /** What it answered, in the order of the first of each. */
  readonly answers: readonly {
    readonly body: string;
    readonly count: number;
    readonly fromMs: number;
    readonly untilMs: number;
  }[];
}

/** Last event of a run and last NDJSON line: all of it in one object. */
export interface Report {
  readonly type: "report";
  readonly at: number;
  readonly command: string;
  /** The exit code of the process: 0 done, 1 failed, 2 usage, 3 plan has changes, 4 credentials, 5 lock, 6 a version did not come to serve, 130 interrupted. */
  readonly exitCode: number;
  /** Where it worked; these four are absent when it ended before they were known. */
  readonly target?: "sandbox" | "aws";
  readonly account?: string;
  readonly region?: string;
  readonly stack?: string;
  readonly tasks: readonly TaskOutcome[];
  /** How many AWS calls were made: those that read and those that change. Retries count once. */
  readonly calls: { readonly reading: number; readonly changing: number };
  /** Wall clock of the run. */
  readonly ms: number;
  /** How many times as fast as ours the clock goes that tasks were waited for by; absent: as ours. `criticalPath` is by it. */
  readonly speed?: number;
  /** The chain of tasks (ids) that took longest, first to last; absent where nothing was waited for. */
  readonly criticalPath?: { readonly tasks: readonly string[]; readonly ms: number };
  /** What exists now and where: name to value (urls, ids, addresses). */
  readonly outputs: Readonly<Record<string, string>>;
  /** What it costs per hour on AWS in US dollars, as a list price; absent where the run leaves nothing behind. */
  readonly costPerHour?: number;
  /** The one or two commands that one would want next. */
  readonly next: readonly string[];
  /** What still carries the stack's tag in this region after a destroy, in the stages that were chosen; absent: nobody looked. */
  readonly left?: readonly Left[];
  /** What stands for the stack of the same name in other regions, as far as this one can see it; absent: nothing. */
  readonly standing?: readonly Standing[];
  /** Services that did not let us look for what is left, and why. */
  readonly unseen?: readonly { readonly service: string; readonly why: string }[];
  /** How the service answered meanwhile; absent: nobody asked. */
  readonly probe?: ProbeReport;
  /** Why the run as a whole ended badly; absent when it did not. */
  readonly error?: ErrorReport;
}

/** Everything that a run says, in order: one `run`, then the rest, then one `report`. */
export type RunEvent = RunStarted | TaskEvent | Message | Report;
