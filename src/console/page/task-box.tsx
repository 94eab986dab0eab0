import { type KeyboardEvent, memo } from "react";
import type { Layout } from "../../graph/layout.ts";
import { type Look, SIGNS } from "./marks.ts";

/** How what is in the picture is written, so that it can be read on the screen: sizes of its letters, in pixels of the picture. */
interface Writing {
  readonly heading: number;
  readonly title: number;
  /** Absent: there is no room for a second line, nor for more than the title. */
  readonly state?: number;
}

/** Pixels of the screen: as small as letters may get, and the size from which there is room for two lines in a box. */
const LETTERS = { least: 10.5, heading: 13, two: 9.5 };
/** Of a letter's size, its width on the average. */
const WIDE = 0.59;
/** Signs that are too few to tell anything. */
const TOO_FEW = 6;
/** Pixels beside the words in a box. */
const ASIDE = { left: 10, right: 12 };

/** @param scale how large the picture is drawn */
export function writingAt(scale: number): Writing {
  const heading = Math.max(LETTERS.heading, Math.min(30, LETTERS.heading / scale));
  return 12 * scale >= LETTERS.two
    ? { heading, title: 12, state: 10 }
    : { heading, title: Math.min(38, LETTERS.least / scale) };
}

interface TaskBoxProps {
  readonly task: Layout["tasks"][number];
  /** Absent: nobody has looked yet. */
  readonly look: Look | undefined;
  readonly words: string | undefined;
  readonly writing: Writing;
  readonly isChosen: boolean;
  /** Whether the Tab key leads to it. */
  readonly isReached: boolean;
  /** Absent: nothing is looked for. */
  readonly isFound: boolean | undefined;
  readonly choose: (id: string) => void;
}

/** A task in the picture. From far away it has its title alone, in larger letters, and from very far its sign. */
export const TaskBox = memo(function TaskBox(props: TaskBoxProps) {
  const { task, look, words, writing, isChosen, isReached, isFound, choose } = props;
  const { id, title, kind, x, y, width, height } = task;
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose(id);
  };
  const found = isFound === undefined ? undefined : isFound ? "found" : "faded";
  const room = (size: number) => Math.floor((width - ASIDE.left - ASIDE.right - writing.title) / (size * WIDE));
  const line = room(writing.title) < TOO_FEW ? "" : fitting(title, room(writing.title));
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no button
    <g
      className={["task", look, isChosen && "chosen", found].filter(Boolean).join(" ")}
      role="button"
      tabIndex={isReached ? 0 : -1}
      aria-pressed={isChosen}
      data-task={id}
      data-look={look}
      data-words={words}
      onClick={() => choose(id)}
      onKeyDown={pressed}
    >
      <title>{`${title}, ${words ?? kind}`}</title>
      <rect x={x} y={y} width={width} height={height} rx={6} />
      <text
        x={x + ASIDE.left}
        y={writing.state ? y + 19 : y + height / 2 + writing.title * 0.36}
        fontSize={writing.title}
      >
        {line}
      </text>
      {writing.state && (
        <text className="state" x={x + ASIDE.left} y={y + 35} fontSize={writing.state}>
          {fitting(words ?? kind, room(writing.state))}
        </text>
      )}
      {look && (
        <text
          className="sign"
          x={x + width - 8}
          y={y + height / 2 + writing.title * 0.4}
          fontSize={writing.title * 1.1}
        >
          {SIGNS[look]}
        </text>
      )}
    </g>
  );
});

/** Names tell apart by their ends: what is too long is cut in its middle. */
function fitting(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = Math.floor((most - 1) * 0.6);
  return `${text.slice(0, most - 1 - end)}…${text.slice(text.length - end)}`;
}
