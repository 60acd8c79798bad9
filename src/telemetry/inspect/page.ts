/** The waterfall as one HTML file that loads nothing. The data stand in it as JSON; `view/` draws them. */
import type { Recording } from './recording.ts'
import { SCRIPT, STYLE } from './view-bundle.ts'

/** The recording as an HTML page of one file, that needs nothing else. */
export function pageOf(recording: Recording): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="content-security-policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>Waterfall: ${recording.requests.length} requests on ${recording.connections.length} connections</title>
<style>${STYLE}</style>
</head>
<body>
<noscript>This page draws what is in it with a script, and scripts are off.</noscript>
<script type="application/json" id="recording">${embedded(recording)}</script>
<script>${SCRIPT}</script>
</body>
</html>
`
}

/** Nothing in it can end the element it stands in, or begin a comment. */
function embedded(data: unknown): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c')
}
