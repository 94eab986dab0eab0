import type { KeptEvent } from "./kept.ts";

/** What the page of a run is made of. */
export interface Parts {
  readonly script: string;
  readonly style: string;
}

/** A page with the time line of a run, all in one file: it opens without a server, and asks nobody for anything. */
export function runPage(events: readonly KeptEvent[], { script, style }: Parts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>bia-infra run</title>
<style>${style}</style>
</head>
<body>
<div id="page"></div>
<script type="application/json" id="run">${inScript(JSON.stringify(events))}</script>
<script>${inScript(script)}</script>
</body>
</html>
`;
}

/** Nothing in a script element may look like its end, or like a comment of HTML's. */
function inScript(text: string): string {
  return text.replaceAll("</", "<\\/").replaceAll("<!--", "<\\!--");
}
