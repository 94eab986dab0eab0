import { useEffect, useState } from "react";
import { DeployView } from "./deploy.tsx";
import { moment } from "./format.ts";
import { MachinesView } from "./machines.tsx";
import { NetworkView } from "./network.tsx";
import { RunsView } from "./runs.tsx";
import { StackView } from "./stack.tsx";
import { type Looked, type Told, type Topic, useTold } from "./told.ts";
import { words } from "./words.ts";

/** The views, and what each has to be told. */
const TOPICS = {
  stack: ["stack", "look", "details", "runs", "run"],
  network: ["stack", "network", "traffic"],
  machines: ["stack", "machines", "usage"],
  deploy: ["stack", "service", "traffic", "runs", "run"],
  runs: ["stack", "runs", "run"],
} as const satisfies Record<string, readonly Topic[]>;
type ViewName = keyof typeof TOPICS;
const VIEWS = Object.keys(TOPICS) as ViewName[];

/** The whole page: one view of those that there are, by the url's fragment, so that each can be kept as a bookmark. */
export function Console() {
  const [view, detail] = useFragment();
  const { told, isLost } = useTold(TOPICS[view]);
  const { stack } = told;
  const looked = lookedAt(view, told);
  return (
    <>
      <header className="top">
        <h1>bia-infra</h1>
        <nav aria-label="bia-infra">
          {VIEWS.map((name) => (
            <button
              key={name}
              type="button"
              aria-current={name === view ? "page" : undefined}
              onClick={() => {
                location.hash = name;
              }}
            >
              {words[name]}
            </button>
          ))}
        </nav>
        {stack && (
          <span className="where">
            {stack.stack} · {stack.target} · {stack.region} · {stack.account}
            {looked && ` · ${words.looked} ${momentOf(looked)}`}
          </span>
        )}
      </header>
      {isLost && (
        <p className="notice" role="alert">
          {words.lost}
        </p>
      )}
      <main>
        {!stack && !isLost && <p>{words.connecting}</p>}
        {view === "stack" && stack && <StackView told={{ ...told, stack }} />}
        {view === "network" && stack && <NetworkView told={told} />}
        {view === "machines" && stack && <MachinesView told={told} detail={detail} />}
        {view === "deploy" && stack && <DeployView told={told} number={detail === "" ? undefined : Number(detail)} />}
        {view === "runs" && <RunsView told={told} number={detail === "" ? undefined : Number(detail)} />}
      </main>
    </>
  );
}

/** When what a view shows was looked at last; undefined: not yet, or it need not be. */
function lookedAt(view: ViewName, { look, service, network, machines }: Told): Moments | undefined {
  return { stack: look, network, machines, deploy: service, runs: undefined }[view];
}

type Moments = Pick<Looked<unknown>, "at" | "now">;

/** Milliseconds that clocks may be apart without somebody asking why. */
const APART = 60_000;

/** By the clock of this computer, and by the sandbox's where that is another, as all that it tells of is. */
function momentOf({ at, now }: Moments): string {
  return Math.abs(now - at) < APART ? moment(at) : `${moment(at)} (${moment(now)} ${words.ofTheFastClock})`;
}

/** `#runs/12` is the view `runs` and its detail `12`, which may have parts of its own. */
function useFragment(): [ViewName, string] {
  const [fragment, setFragment] = useState(location.hash);
  useEffect(() => {
    const changed = () => setFragment(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  const [name, ...detail] = fragment.slice(1).split("/");
  return [VIEWS.find((one) => one === name) ?? "stack", detail.join("/")];
}
