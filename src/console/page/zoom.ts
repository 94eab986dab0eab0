import { select } from "d3-selection";
import { type D3ZoomEvent, type ZoomTransform, zoom, zoomIdentity, zoomTransform } from "d3-zoom";
import { type RefObject, useEffect, useMemo, useRef, useState } from "react";
import type { Box } from "../../graph/layout.ts";

/** Factors of the picture's size: from where its boxes have room for words on, the most, and what a key or a button makes. */
const ZOOM = { readable: 0.45, near: 0.85, most: 2.5, step: 1.3 };
/** Pixels around the picture, and between what is shown and the edge. */
const MARGIN = 24;

/** What a picture can be told to show. */
export interface View {
  closer(): void;
  farther(): void;
  /** All of it. */
  whole(): void;
  /** Moves what is shown by pixels of the screen. */
  pan(x: number, y: number): void;
  /** Sees to it that these are to be seen: all if they are readable then, else the first. */
  show(boxes: readonly Box[]): void;
}

interface Zoomed {
  readonly svg: RefObject<SVGSVGElement | null>;
  readonly inner: RefObject<SVGGElement | null>;
  readonly view: View;
  /** How large the picture is drawn, in steps: what is written in it depends on that. */
  readonly scale: number;
}

/**
 * Lets a picture be zoomed and moved by wheel, pinch and drag. At first all of it is shown, or so much that it can be read.
 *
 * @param covered pixels at the right edge that something else lies over
 */
export function useZoom({ width, height }: { width: number; height: number }, covered: () => number): Zoomed {
  const svg = useRef<SVGSVGElement>(null);
  const inner = useRef<SVGGElement>(null);
  const isUntouched = useRef(true);
  const [scale, setScale] = useState(1);
  const behavior = useMemo(
    () =>
      zoom<SVGSVGElement, unknown>()
        .clickDistance(4)
        .extent(() => [
          [0, 0],
          [svg.current?.clientWidth ?? 0, svg.current?.clientHeight ?? 0],
        ]),
    [],
  );
  const view = useMemo((): View => {
    const on = () => select(svg.current as SVGSVGElement);
    const by = (factor: number) => behavior.scaleBy(on(), factor);
    /** The part of the screen that nothing lies over. */
    const free = () => ({ wide: (svg.current?.clientWidth ?? 0) - covered(), high: svg.current?.clientHeight ?? 0 });
    const filling = (box: { width: number; height: number }) =>
      Math.min(free().wide / (box.width + 2 * MARGIN), free().high / (box.height + 2 * MARGIN));
    const put = (box: Box, scale: number) => {
      // What lies under the details can be moved out from there.
      behavior.translateExtent([
        [-MARGIN, -MARGIN],
        [width + MARGIN + covered() / scale, height + MARGIN],
      ]);
      behavior.scaleTo(on(), scale);
      const middle: [number, number] = [free().wide / 2, free().high / 2];
      behavior.translateTo(on(), box.x + box.width / 2, box.y + box.height / 2, middle);
    };
    return {
      closer: () => by(ZOOM.step),
      farther: () => by(1 / ZOOM.step),
      whole() {
        const all = { x: 0, y: 0, width, height };
        const scale = Math.min(filling(all), 1);
        behavior.scaleExtent([Math.min(scale, ZOOM.readable), ZOOM.most]);
        put(all, scale);
        isUntouched.current = true;
      },
      pan(x, y) {
        const { k } = zoomTransform(svg.current as SVGSVGElement);
        behavior.translateBy(on(), x / k, y / k);
      },
      show(boxes) {
        const [first] = boxes;
        if (!first) return;
        const at = zoomTransform(svg.current as SVGSVGElement);
        const isReadable = at.k >= ZOOM.readable;
        if (isReadable && boxes.every((box) => isSeen(box, at, free()))) return;
        const all = around(boxes);
        const most = filling(all);
        if (most < ZOOM.readable) put(first, ZOOM.near);
        else put(all, isReadable ? Math.min(at.k, most) : Math.min(ZOOM.near, most));
      },
    };
  }, [behavior, width, height, covered]);
  useEffect(() => {
    const [picture, drawn] = [svg.current, inner.current];
    if (!picture || !drawn) return;
    behavior.on("zoom", ({ transform, sourceEvent }: D3ZoomEvent<SVGSVGElement, unknown>) => {
      isUntouched.current = false;
      drawn.classList.toggle("gliding", !sourceEvent && drawn.style.transform !== "");
      drawn.style.transform = `translate(${transform.x}px, ${transform.y}px) scale(${transform.k})`;
      setScale(stepOf(transform.k));
    });
    select(picture).call(behavior).on("dblclick.zoom", null);
    const begin = () => {
      view.whole();
      const { k } = zoomTransform(picture);
      if (k < ZOOM.readable) behavior.transform(select(picture), zoomIdentity.scale(ZOOM.readable));
      isUntouched.current = true;
    };
    const resized = new ResizeObserver(() => isUntouched.current && begin());
    resized.observe(picture);
    return () => {
      resized.disconnect();
      select(picture).on(".zoom", null);
    };
  }, [behavior, view]);
  return { svg, inner, view, scale };
}

/** Of scales that look about the same one, so that not each turn of the wheel writes everything anew. */
function stepOf(scale: number): number {
  return 1.1 ** Math.floor(Math.log(scale) / Math.log(1.1));
}

function isSeen(box: Box, at: ZoomTransform, { wide, high }: { wide: number; high: number }): boolean {
  const [left, top] = at.apply([box.x, box.y]);
  const [right, bottom] = at.apply([box.x + box.width, box.y + box.height]);
  return left >= 0 && top >= 0 && right <= wide && bottom <= high;
}

/** The smallest box that holds all of them. */
function around(boxes: readonly Box[]): Box {
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}
