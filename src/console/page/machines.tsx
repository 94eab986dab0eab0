import type { StackMachines } from "../../aws/stack-machines.ts";
import { CommandToType } from "./command.tsx";
import { MachineFacts, TaskFacts } from "./machine-facts.tsx";
import { MachineList } from "./machine-list.tsx";
import { LogOf } from "./place-log.tsx";
import { TerminalOf } from "./place-terminal.tsx";
import { nameOf, type Place, placesIn } from "./places.ts";
import type { Told } from "./told.ts";
import { words } from "./words.ts";
import "./machines.css";

/** The stack's machines and what runs there: a list, and of the chosen one what it is, its log, and a terminal. */
export function MachinesView({ told, detail }: { readonly told: Told; readonly detail: string }) {
  const { machines: looked, stack } = told;
  if (!looked || !stack) return <p>{words.connecting}</p>;
  const { found } = looked;
  if (!found) return <p className="bad">{looked.unseen}</p>;
  const places = placesIn(found);
  if (places.length === 0) return <Nothing repair={stack.commands.createAll} />;
  const [key = "", view = "log"] = detail.split("/");
  const chosen = key === "" ? places[0] : places.find((place) => place.key === key);
  return (
    <div className="machines">
      <MachineList found={found} docker={looked.docker} chosen={chosen} />
      {chosen ? <OnePlace told={told} found={found} place={chosen} view={view} /> : <p>{words.gone}</p>}
    </div>
  );
}

function Nothing({ repair }: { readonly repair: string }) {
  return (
    <>
      <p>{words.noMachines}</p>
      <CommandToType command={repair} />
    </>
  );
}

interface OnePlaceProps {
  readonly told: Told;
  readonly found: StackMachines;
  readonly place: Place;
  /** `log` or `terminal`. */
  readonly view: string;
}

function OnePlace({ told, found, place, view }: OnePlaceProps) {
  const ways = told.machines?.ways?.[place.key] ?? {};
  const isTerminal = view === "terminal";
  const tabs = [
    ["log", words.log],
    ["terminal", words.terminal],
  ] as const;
  return (
    <section className="place-view" aria-labelledby="place">
      <h2 id="place">{nameOf(place)}</h2>
      {"machine" in place ? (
        <MachineFacts machine={place.machine} />
      ) : (
        <TaskFacts task={place.task} container={place.container} usage={told.usage?.found} machines={found.machines} />
      )}
      <nav className="tools" aria-label={nameOf(place)}>
        {tabs.map(([name, title]) => (
          <a
            key={name}
            href={`#machines/${place.key}/${name}`}
            aria-current={(name === "terminal") === isTerminal ? "page" : undefined}
          >
            {title}
          </a>
        ))}
      </nav>
      {isTerminal ? (
        <Terminal place={place} target={told.stack?.target} command={ways.terminal} />
      ) : (
        <>
          <p className="soft">{"machine" in place ? words.logOfMachine : words.logOfContainer}</p>
          <LogOf key={place.key} place={place.key} />
          <Elsewhere command={ways.log} />
        </>
      )}
    </section>
  );
}

interface TerminalProps {
  readonly place: Place;
  readonly target: string | undefined;
  /** What opens one outside of the page; absent: nothing does. */
  readonly command: string | undefined;
}

/** On aws the page changes nothing: there it says what to type. */
function Terminal({ place, target, command }: TerminalProps) {
  if ("container" in place && place.container.isOfAws) return <p>{words.containerOfAws}</p>;
  if (target !== "sandbox") {
    return (
      <>
        <p>{command === undefined ? words.noWay : words.terminalOnAws}</p>
        {command && <CommandToType command={command} />}
      </>
    );
  }
  return (
    <>
      <TerminalOf key={place.key} place={place.key} name={nameOf(place)} />
      <Elsewhere command={command} />
    </>
  );
}

function Elsewhere({ command }: { readonly command: string | undefined }) {
  if (command === undefined) return null;
  return (
    <>
      <p className="soft">{words.elsewhere}</p>
      <CommandToType key={command} command={command} />
    </>
  );
}
