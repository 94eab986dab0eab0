import type { KeptEvent } from "./kept.ts";

/** What the page of a run is made of. */
export interface Parts {
  readonly script: string;
  readonly style: string;
}

/** By this a page is known as one of ours, which may be written anew. */
const GENERATOR = '<meta name="generator" content="bia-infra runs show">';

/**
 * A page with the time line of a run, all in one file: it opens without a server, and asks nobody for anything.
 *
 * @param now of a run that goes on: up to when it is shown, in milliseconds since the epoch
 */
export function runPage(events: readonly KeptEvent[], { script, style }: Parts, now?: number): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
${GENERATOR}
<title>bia-infra run</title>
<style>${style}</style>
</head>
<body>
<div id="page"></div>
<script type="application/json" id="run"${now === undefined ? "" : ` data-now="${now}"`}>${inScript(JSON.stringify(events))}</script>
<script>${inScript(script)}</script>
</body>
</html>
`;
}

/** Whether a text is a page that `runPage` has written. */
export function isRunPage(text: string): boolean {
  return text.slice(0, 1_000).includes(GENERATOR);
}

/** Nothing in a script element may look like its end, or like a comment of HTML's. */
function inScript(text: string): string {
  return text.replaceAll("</", "<\\/").replaceAll("<!--", "<\\!--");
}
