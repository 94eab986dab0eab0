import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { LogPart } from "../log-part.ts";
import { useSeen } from "./told.ts";
import { words } from "./words.ts";

/** Lines that are kept on the page. */
const MOST = 2000;

/** What a machine or a container prints, as it comes. It stays at the end as long as one has not scrolled up. */
export function LogOf({ place }: { readonly place: string }) {
  const { lines, trouble } = useLog(place);
  const box = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is about the lines that have come
  useLayoutEffect(() => {
    const { current } = box;
    if (current && isAtEnd.current) current.scrollTop = current.scrollHeight;
  }, [lines]);
  if (trouble !== undefined) return <p className="bad log-trouble">{trouble}</p>;
  if (lines?.length === 0) return <p>{words.noLines}</p>;
  return (
    <pre
      ref={box}
      className="log"
      role="log"
      aria-label={words.log}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, which has to be possible by keyboard
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < 8;
      }}
    >
      {lines?.map(({ number, at, text }) => (
        <div key={number}>
          {at !== undefined && <time>{new Date(at).toLocaleTimeString()}</time>}
          {text}
        </div>
      ))}
    </pre>
  );
}

type Line = LogPart["lines"][number] & { readonly number: number };

/** No lines: nobody has told yet whether there are any. */
function useLog(place: string): { readonly lines?: readonly Line[]; readonly trouble?: string } {
  const [lines, setLines] = useState<readonly Line[]>();
  const [trouble, setTrouble] = useState<string>();
  const isSeen = useSeen();
  useEffect(() => {
    if (!isSeen) return;
    const source = new EventSource(`logs/${place}`);
    let count = 0;
    source.addEventListener("part", ({ data }) => {
      const part: LogPart = JSON.parse(data);
      const added = part.lines.map((line) => ({ ...line, number: count++ }));
      setLines((before = []) => [...(part.anew ? [] : before), ...added].slice(-MOST));
    });
    source.addEventListener("trouble", ({ data }) => {
      source.close();
      setTrouble(JSON.parse(data).why);
    });
    return () => source.close();
  }, [place, isSeen]);
  return { ...(lines && { lines }), ...(trouble !== undefined && { trouble }) };
}
