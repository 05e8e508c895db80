import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { decodePprof, pprofToProfile } from '../src/profile/pprof/pprof.js';
import { parseProfileType } from '../src/profile/types/types.js';
import { changeFlame } from '../src/report/picture/flame.js';
import { fillPage } from '../src/report/picture/page.js';
import { findBrowser, startBrowser } from '../test/support/browser.js';
import { contrast } from '../test/support/contrast.js';
import { generateProfile } from '../test/support/generate-profile.js';
import { median, path } from './measure.js';

const PAGES = 9;

/** Waits in the page until the canvas is painted, and gives the time since its script began. */
const PAINTED =
  'new Promise((done) => { const look = () => document.querySelector("canvas")?.width > 300 ? requestAnimationFrame(() => done(performance.now() - window.began)) : requestAnimationFrame(look); look(); })';

/** The least that any page must do: read the same data, and draw as many rectangles. */
function rawPage(json: string): string {
  return `<!doctype html><canvas></canvas><script type="application/json" id="d">${json.replaceAll('<', '\\u003c')}</script><script>
    window.began = performance.now();
    const { nodes } = JSON.parse(document.getElementById('d').textContent);
    const canvas = document.querySelector('canvas');
    canvas.width = 1240; canvas.height = 460;
    const context = canvas.getContext('2d');
    nodes.fn.forEach((fn, at) => { context.fillStyle = fn % 2 ? '#aaa' : '#ccc'; context.fillRect(at % 1240, nodes.depth[at] * 18, 3, 17); });
  </script>`;
}

/** Time from the data to the first picture of a comparison, in the browser of this machine. */
export async function viewFigures(): Promise<string> {
  if (findBrowser() === null) return 'No Chromium on this machine.';
  const view = await readFile(path('dist/view.html'), 'utf8');
  const rows = [];
  for (const nodes of [10_000, 100_000]) rows.push(await measure(view, nodes));
  return [
    `Page: ${Math.round(Buffer.byteLength(view) / 1024)} KiB, ${Math.round(gzipSync(view).length / 1024)} KiB with gzip. Medians of ${PAGES} fresh pages.`,
    '',
    '| frames | data | gzip | made by the server in | raw: parsed, one rectangle a frame, painted | page drawn | page painted | zoom drawn in |',
    '| --: | --: | --: | --: | --: | --: | --: | --: |',
    ...rows,
  ].join('\n');
}

async function measure(view: string, nodes: number): Promise<string> {
  const [before, after] = [1, 2].map((slower) =>
    pprofToProfile(decodePprof(generateProfile({ nodes, seed: 7, slower }).bytes)),
  );
  const type = parseProfileType('process_cpu:cpu:nanoseconds:cpu:nanoseconds');
  if (before === undefined || after === undefined || type === null) throw new Error('two sides of cpu');
  const sides = contrast(before, after, { quantum: 10_000_000 });
  const windows = { before: { from: 0, to: 1 }, after: { from: 2, to: 3 } };
  const started = performance.now();
  const flame = changeFlame({ kind: 'change', type, sides, gate: 4, windows, of: '', finding: null }, nodes);
  const madeMs = performance.now() - started;
  const json = JSON.stringify(flame);
  const asked = { tool: 'compare_profiles', arguments: {}, at: new Date(0).toISOString() };
  const picture = {
    version: 1,
    product: 'bench',
    asked,
    text: '',
    data: {},
    flames: [flame],
    courses: [],
  } as const;
  const page = fillPage(view, picture)
    .replace('<script>', '<script>window.began=performance.now();</script><script>')
    .replace('</body>', '<script>window.ended=performance.now();</script></body>');
  const browser = await startBrowser();
  const first: number[] = [];
  const drawn: number[] = [];
  const zoom: number[] = [];
  const raw: number[] = [];
  for (let round = 0; round < PAGES; round++) {
    const tab = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await tab.setContent(page, { waitUntil: 'commit' });
    first.push(Number(await tab.evaluate(PAINTED)));
    drawn.push(Number(await tab.evaluate('window.ended - window.began')));
    zoom.push(
      Number(
        await tab.evaluate(
          'new Promise((done) => { const canvas = document.querySelector("canvas"); canvas.focus(); canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "Home" })); const start = performance.now(); canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" })); requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start))); })',
        ),
      ),
    );
    await tab.close();
    const bare = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await bare.setContent(rawPage(json), { waitUntil: 'commit' });
    raw.push(Number(await bare.evaluate(PAINTED)));
    await bare.close();
  }
  await browser.close();
  const size = (bytes: number) => `${Math.round(bytes / 1024).toLocaleString('en')} KiB`;
  const cells = [
    flame.nodes.fn.length.toLocaleString('en'),
    size(Buffer.byteLength(json)),
    size(gzipSync(json).length),
    `${madeMs.toFixed(0)} ms`,
    `${median(raw).toFixed(0)} ms`,
    `**${median(drawn).toFixed(0)} ms** (least ${Math.min(...drawn).toFixed(0)})`,
    `${median(first).toFixed(0)} ms`,
    `${median(zoom).toFixed(0)} ms`,
  ];
  return `| ${cells.join(' | ')} |`;
}
