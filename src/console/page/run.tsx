import { createRoot } from "react-dom/client";
import type { KeptEvent } from "../../runs/kept.ts";
import { timelineOf } from "../../runs/timeline.ts";
import { TimelineView } from "./timeline.tsx";
import "./style.css";

// The page of one run: what it said stands in the page itself.
const events = JSON.parse(document.getElementById("run")?.textContent ?? "[]") as KeptEvent[];
const timeline = timelineOf(events);
const place = document.getElementById("page");
if (timeline && place) createRoot(place).render(<TimelineView timeline={timeline} />);
