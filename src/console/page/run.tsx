import { createRoot } from "react-dom/client";
import type { KeptEvent } from "../../runs/kept.ts";
import { timelineOf } from "../../runs/timeline.ts";
import { TimelineView } from "./timeline.tsx";
import { language } from "./words.ts";
import "./style.css";

// The page of one run: what it said stands in the page itself.
document.documentElement.lang = language;
const run = document.getElementById("run");
const events = JSON.parse(run?.textContent ?? "[]") as KeptEvent[];
const timeline = timelineOf(events, run?.dataset.now === undefined ? undefined : Number(run.dataset.now));
const place = document.getElementById("page");
if (timeline && place)
  createRoot(place).render(
    <>
      <header className="top">
        <h1>bia-infra</h1>
      </header>
      <main>
        <TimelineView timeline={timeline} />
      </main>
    </>,
  );
