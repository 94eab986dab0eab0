import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { useEffect, useRef, useState } from "react";
import { words } from "./words.ts";
import "@xterm/xterm/css/xterm.css";

interface TerminalOfProps {
  /** As the server knows it. */
  readonly place: string;
  /** As people call it. */
  readonly name: string;
}

/** A terminal on a machine or in a container. Its session ends with it. */
export function TerminalOf({ place, name }: TerminalOfProps) {
  const host = useRef<HTMLDivElement>(null);
  const terminal = useRef<Terminal>(undefined);
  const [session, setSession] = useState({ number: 1, isOver: false });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another number is another session
  useEffect(() => {
    if (!host.current) return;
    const opened = openIn(host.current, place, () => setSession((before) => ({ ...before, isOver: true })));
    terminal.current = opened.terminal;
    return opened.close;
  }, [place, session.number]);
  return (
    <section className="terminal-view" aria-label={`${words.terminal}: ${name}`}>
      <p className="soft">
        {session.isOver ? words.sessionOver : words.terminalKeys}{" "}
        {session.isOver && (
          <button type="button" onClick={() => setSession(({ number }) => ({ number: number + 1, isOver: false }))}>
            {words.openAgain}
          </button>
        )}
      </p>
      <ReaderSwitch
        key={session.number}
        onSwitch={(isOn) => {
          if (terminal.current) terminal.current.options.screenReaderMode = isOn;
        }}
      />
      <div ref={host} className="terminal-host" data-session={session.isOver ? "over" : "open"} />
    </section>
  );
}

/** Not on for everybody: xterm.js then takes no characters that input methods make, as those of many keyboards with accents. */
function ReaderSwitch({ onSwitch }: { readonly onSwitch: (isOn: boolean) => void }) {
  return (
    <label className="soft">
      <input type="checkbox" onChange={({ currentTarget: { checked } }) => onSwitch(checked)} /> {words.screenReader}
    </label>
  );
}

/** Opens a session in an element. `close` ends it and empties the element. */
function openIn(host: HTMLElement, place: string, onOver: () => void): { readonly terminal: Terminal; close(): void } {
  const terminal = new Terminal({
    // What a command prints by Run Command has no carriage returns.
    convertEol: true,
    cursorBlink: true,
    fontFamily: "ui-monospace, Menlo, Consolas, monospace",
    fontSize: 13,
    minimumContrastRatio: 4.5,
    theme: themeOf(host),
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  withNonce(() => terminal.open(host));
  // The way out for whoever has no mouse: all other keys are the session's.
  terminal.attachCustomKeyEventHandler(({ key, shiftKey }) => !(key === "Tab" && shiftKey));

  const url = new URL(`terminals/${place}`, location.href);
  url.protocol = "ws:";
  url.hash = "";
  const socket = new WebSocket(url);
  const say = (what: object) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(what));
  const tellSize = () => say({ columns: terminal.cols, rows: terminal.rows });
  socket.onopen = tellSize;
  socket.onmessage = ({ data }) => terminal.write(data);
  socket.onclose = onOver;
  terminal.onData((text) => say({ text }));
  terminal.onResize(tellSize);
  const resized = new ResizeObserver(() => fit.fit());
  resized.observe(host);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const recolor = () => {
    terminal.options.theme = themeOf(host);
  };
  scheme.addEventListener("change", recolor);
  terminal.focus();
  const close = () => {
    scheme.removeEventListener("change", recolor);
    resized.disconnect();
    socket.onclose = null;
    socket.close();
    terminal.dispose();
  };
  return { terminal, close };
}

/** The page's own colors. */
function themeOf(host: HTMLElement) {
  const { color, backgroundColor } = getComputedStyle(host);
  return { foreground: color, background: backgroundColor, cursor: color, cursorAccent: backgroundColor };
}

/**
 * Lets xterm.js make its style sheets: it takes no nonce, and without one the page's policy would refuse them. (xterm.js, issue 4445)
 * They carry it from their creation, because it counts when they are put into the page; what it writes into them later passes, too.
 */
function withNonce(open: () => void): void {
  const nonce = document.querySelector<HTMLLinkElement>("link[nonce]")?.nonce ?? "";
  const create = document.createElement;
  document.createElement = (name: string, options?: ElementCreationOptions) => {
    const element = create.call(document, name, options);
    if (name === "style") element.nonce = nonce;
    return element;
  };
  try {
    open();
  } finally {
    document.createElement = create;
  }
}
