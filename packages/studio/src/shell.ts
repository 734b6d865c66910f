import { pageVersion } from "./pageFiles.js";

/**
 * The page that all pages begin as. Its code and style are named by their versions, so that a browser keeps them.
 * @param address what the page will ask for first: the browser asks for it while it reads the code
 */
export async function shell(address?: string): Promise<string> {
  const [style, code] = await Promise.all([pageVersion("main.css"), pageVersion("main.js")]);
  const preload =
    address === undefined
      ? ""
      : `<link rel="preload" as="fetch" crossorigin href="${address.replaceAll("&", "&amp;")}">\n`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Gantry studio</title>
<link rel="icon" href="data:,">
${preload}<link rel="stylesheet" href="/assets/main.css?${style}">
</head>
<body>
<div id="page"><p class="waiting">Looking at the runs …</p></div>
<noscript>The studio's pages need scripts. Every number is JSON at the same address with .json behind it.</noscript>
<script type="module" src="/assets/main.js?${code}"></script>
</body>
</html>
`;
}
