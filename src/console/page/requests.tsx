import { area, curveStepAfter, stack } from "d3-shape";
import { type PointerEvent, useState } from "react";
import type { Course, Requests } from "../../runs/requests.ts";
import { moment, perSecond } from "./format.ts";
import { COLORS } from "./versions.ts";
import { words } from "./words.ts";

/** The picture's own measures, which are stretched to the track's. */
const [WIDTH, HEIGHT] = [1000, 100];

interface RequestsProps {
  readonly title: string;
  readonly requests: Requests;
  /** What a course is called, and its place among the colours. */
  readonly called: (name: string) => { readonly words: string; readonly color: number };
}

/** Requests over time as a picture, stacked by who answered, the failed on top. */
export function RequestsChart({ title, requests, called }: RequestsProps) {
  const [pointed, point] = useState<number>();
  const { courses, failed, from, step } = requests;
  const shown = [
    ...courses.map((course) => ({
      course,
      ...called(course.name),
      look: `color-${called(course.name).color % COLORS}`,
    })),
    ...(failed.count > 0 ? [{ course: failed, words: words.failed, look: "failed" }] : []),
  ];
  const most = Math.max(1, ...sums(shown.map(({ course }) => course)));
  const moved = ({ clientX, currentTarget }: PointerEvent<SVGElement>) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    point(Math.min(failed.rates.length - 1, Math.floor(((clientX - left) / width) * failed.rates.length)));
  };
  const at = pointed === undefined ? undefined : from + pointed * step;
  const highest = shown.length === 0 ? words.noRequests : `${words.atMost} ${perSecond(most)}`;
  const scale = at === undefined ? highest : moment(at);
  return (
    <section className="requests" aria-label={title}>
      <h3>{title}</h3>
      <div className="life">
        <ul className="courses">
          {shown.map(({ course, words: name, look }) => (
            <li key={course.name} data-course={course.name} data-count={course.count}>
              <i className={`swatch ${look}`} /> <span className="course">{name}</span>{" "}
              <strong>{pointed === undefined ? amount(course.count) : perSecond(course.rates[pointed] ?? 0)}</strong>
            </li>
          ))}
          <li className="soft">{scale}</li>
        </ul>
        <svg
          className="chart"
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={[highest, ...shown.map(({ course, words: name }) => `${name}: ${amount(course.count)}`)].join(
            ", ",
          )}
          onPointerMove={moved}
          onPointerLeave={() => point(undefined)}
        >
          {areasOf(
            shown.map(({ course }) => course),
            requests,
            most,
          ).map((d, index) => (
            <path key={shown[index]?.course.name} className={`area ${shown[index]?.look}`} d={d} />
          ))}
          {at !== undefined && <path className="cursor" d={`M${xOf(at + step / 2, requests)} 0V${HEIGHT}`} />}
        </svg>
      </div>
    </section>
  );
}

function areasOf(courses: readonly Course[], requests: Requests, most: number): string[] {
  const rows = requests.failed.rates.map((_, index) => [index, ...courses.map(({ rates }) => rates[index] ?? 0)]);
  // The last step lasts as well.
  const last = rows.at(-1);
  if (last) rows.push([rows.length, ...last.slice(1)]);
  const drawn = area<{ 0: number; 1: number; data: number[] }>()
    .x(({ data }) => xOf(requests.from + (data[0] ?? 0) * requests.step, requests))
    .y0((layer) => HEIGHT * (1 - layer[0] / most))
    .y1((layer) => HEIGHT * (1 - layer[1] / most))
    .curve(curveStepAfter);
  const layers = stack<number[], number>()
    .keys(courses.map((_, index) => index + 1))
    .value((row, key) => row[key] ?? 0)(rows);
  return layers.map((layer) => drawn(layer) ?? "");
}

function xOf(at: number, { from, to }: Requests): number {
  return (WIDTH * Math.min(Math.max(at - from, 0), to - from)) / Math.max(1, to - from);
}

function sums(courses: readonly Course[]): number[] {
  return (courses[0]?.rates ?? []).map((_, index) => courses.reduce((sum, { rates }) => sum + (rates[index] ?? 0), 0));
}

function amount(count: number): string {
  return `${Math.round(count).toLocaleString()} ${words.requests}`;
}
