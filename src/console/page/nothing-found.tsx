import { CommandToType } from "./command.tsx";
import type { Looked } from "./told.ts";
import { words } from "./words.ts";

interface NothingFoundProps {
  /** Absent: nobody has looked yet, or there is nothing to look for. */
  readonly looked: Looked<unknown> | undefined;
  /** The command that makes what is not there. */
  readonly repair: string | undefined;
}

/** Instead of a service: why it cannot be seen, or that it is not up. */
export function NothingFound({ looked, repair }: NothingFoundProps) {
  if (looked?.unseen) return <p className="bad">{looked.unseen}</p>;
  return (
    <>
      <p>{words.noService}</p>
      {repair && <CommandToType command={repair} />}
    </>
  );
}
