import type { Palette } from '../src/report/picture/colours.js';
import { type Flame, OWNERS } from '../src/report/picture/format.js';
import { readFrames, type Width } from '../src/report/picture/layout.js';
import { formatShare } from '../src/text/units.js';
import { type Chart, createChart } from './chart.js';
import { el } from './dom.js';
import { PatternProblem } from './re2.js';
import { buildSandwich } from './sandwich.js';
import { search } from './search.js';
import { createTable } from './table.js';
import { costText, MARK_WORDS, readFile, readName, shortName, shown, valueText } from './words.js';

export interface PanelOptions {
  flame: Flame;
  palette: Palette;
  /** Sends a question about a function to the chat; null where the host offers none. */
  ask: ((name: string) => void) | null;
}

/** A flame graph with its tools, its table and a line about the frame under the pointer. */
export interface Panel {
  element: HTMLElement;
  setPalette(palette: Palette): void;
  setAsk(ask: PanelOptions['ask']): void;
  /** Draws for the first time, with the finding in sight: the panel is on the page now. */
  start(): void;
}

const NOTHING = 'Point at a frame, or press Tab and the arrow keys.';

export function createPanel({ flame, palette: firstPalette, ask: firstAsk }: PanelOptions): Panel {
  let palette = firstPalette;
  let ask = firstAsk;
  const frames = readFrames(flame);
  const compares = frames.before !== null;
  let width: Width = compares && frames.whole[1] === 0 ? 'before' : 'now';
  let isUpright = false;
  let chosen = -1;
  let found: Uint8Array | null = null;
  let sandwich: { charts: readonly Chart[] } | null = null;

  const status = el('p', { class: 'status' }, NOTHING);
  const live = el('p', { class: 'hidden', 'aria-live': 'polite' });
  const look = (of: typeof frames) => (at: number, byKeyboard: boolean) => {
    const fn = of.fn[at] ?? -1;
    const text = at < 0 ? NOTHING : describe(flame, of, at);
    status.textContent = text;
    status.title = at < 0 ? '' : readName(flame, fn);
    if (byKeyboard) live.textContent = text;
  };
  const choose = (of: typeof frames) => (at: number) => setChosen(of.fn[at] ?? -1);
  const setChosen = (fn: number) => {
    chosen = fn < flame.functions.name.length ? fn : -1;
    for (const button of [sandwichButton, askButton]) button.disabled = chosen < 0;
    askButton.hidden = ask === null;
  };

  const main = createChart({
    flame,
    frames,
    label: `Flame graph of ${flame.type.alias}`,
    isUpright,
    width,
    path: flame.path,
    named: flame.path[flame.named] ?? -1,
    palette,
    onLook: look(frames),
    onChoose: choose(frames),
  });
  const picture = el('div', { class: 'picture' }, main.element);
  const charts = () => [main, ...(sandwich?.charts ?? [])];

  const openSandwich = (fn: number) => {
    const { callers, callees } = buildSandwich(frames, fn);
    const common = { flame, width, path: [], named: -1, palette };
    const name = shortName(readName(flame, fn));
    const make = (of: typeof frames, title: string, upright: boolean) =>
      createChart({
        ...common,
        frames: of,
        label: `${title} ${name}`,
        isUpright: upright,
        onLook: look(of),
        onChoose: choose(of),
      });
    const above = make(callers, 'Callers of', true);
    const below = make(callees, 'Callees of', false);
    sandwich = { charts: [above, below] };
    picture.replaceChildren(
      el('p', { class: 'faint' }, `Callers of ${name}, all together`),
      above.element,
      el('p', { class: 'faint' }, `Callees of ${name}`),
      below.element,
    );
    for (const chart of sandwich.charts) chart.show({ found, byOwner: colours.value === 'owner' });
    above.element.scrollTop = above.element.scrollHeight;
    backButton.hidden = false;
  };
  const closeSandwich = () => {
    sandwich = null;
    picture.replaceChildren(main.element);
    backButton.hidden = true;
    main.redraw();
  };

  const table = createTable({
    flame,
    onChoose(fn) {
      setChosen(fn);
      main.show({ marked: fn });
      const heaviest = heaviestFrame(frames, fn);
      if (heaviest >= 0) main.reveal(heaviest);
      status.textContent =
        heaviest < 0 ? `${shown(readName(flame, fn))}: not drawn` : describe(flame, frames, heaviest);
    },
  });

  const result = el('span', { class: 'faint', 'aria-live': 'polite' });
  const input = el('input', {
    type: 'search',
    placeholder: 'Search functions',
    'aria-label': 'Search functions',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const isPattern = el('input', { type: 'checkbox' });
  const runSearch = () => {
    const text = input.value.trim();
    result.classList.remove('problem');
    try {
      const hits = text === '' ? null : search(flame, frames, text, isPattern.checked);
      found = hits?.functions ?? null;
      result.textContent =
        hits === null ? '' : `${hits.count} functions, ${formatShare(hits.share)} of ${flame.type.alias}`;
    } catch (error) {
      if (!(error instanceof PatternProblem)) throw error;
      found = null;
      result.classList.add('problem');
      result.textContent = `No pattern: ${error.message}`;
    }
    for (const chart of charts()) chart.show({ found });
    table.filter(found);
  };
  input.addEventListener('input', runSearch);
  isPattern.addEventListener('change', runSearch);

  const button = (text: string, act: () => void, title = '') =>
    el('button', { type: 'button', title, click: act }, text);
  const showAll = button('Show all', () => {
    main.zoom(-1);
    main.show({ marked: -1 });
    closeSandwich();
  });
  const findingButton = button(compares ? 'Finding' : 'Hottest path', () => {
    closeSandwich();
    const at = flame.path[flame.named] ?? -1;
    main.zoom(at);
    main.reveal(at);
    main.select(at);
  });
  const sandwichButton = button('Callers and callees', () => chosen >= 0 && openSandwich(chosen));
  const backButton = button('Back', closeSandwich);
  backButton.hidden = true;
  const askButton = button('Ask about this function', () => {
    if (chosen >= 0) ask?.(readName(flame, chosen));
  });
  const turn = button(
    'Turn over',
    () => {
      isUpright = !isUpright;
      main.show({ isUpright });
      main.element.scrollTop = isUpright ? main.element.scrollHeight : 0;
    },
    'Entry points at the top or at the bottom',
  );
  const widths = el(
    'select',
    { 'aria-label': 'Width of a frame' },
    ...(['now', 'before', 'both'] as const).map((value) => el('option', { value }, `width: ${value}`)),
  );
  widths.value = width;
  widths.addEventListener('change', () => {
    width = widths.value as Width;
    for (const chart of charts()) chart.show({ width });
  });
  const colours = el(
    'select',
    { 'aria-label': 'Meaning of the colours' },
    el('option', { value: 'change' }, 'colours: change'),
    el('option', { value: 'owner' }, 'colours: whose code'),
  );
  colours.addEventListener('change', () => {
    const byOwner = colours.value === 'owner';
    for (const chart of charts()) chart.show({ byOwner });
    key.replaceChildren(...drawLegend(flame, byOwner));
  });
  const key = el('p', { class: 'legend' }, ...drawLegend(flame, !compares));
  setChosen(-1);

  const tools = el(
    'div',
    { class: 'tools', role: 'group', 'aria-label': 'Tools of the flame graph' },
    input,
    el('label', {}, isPattern, ' RE2'),
    result,
    flame.named < 0 ? null : findingButton,
    showAll,
    turn,
    compares ? widths : null,
    compares ? colours : null,
    sandwichButton,
    backButton,
    askButton,
  );
  const element = el(
    'section',
    { class: 'panel', 'aria-label': `Flame graph of ${flame.type.alias}` },
    tools,
    key,
    el('div', { class: 'left' }, picture, status, live, el('p', { class: 'faint' }, writeNotes(flame))),
    table.element,
  );
  element.addEventListener('keydown', (event) => {
    if (event.key === '/' && document.activeElement !== input) {
      input.focus();
      event.preventDefault();
    }
  });
  return {
    element,
    start() {
      const at = flame.path[flame.named] ?? -1;
      if (at >= 0) {
        main.reveal(at);
        main.select(at);
      }
      main.draw();
    },
    setPalette(next) {
      palette = next;
      for (const chart of charts()) chart.show({ palette });
    },
    setAsk(next) {
      ask = next;
      setChosen(chosen);
    },
  };
}

/** A frame in one line. */
function describe(flame: Flame, frames: ReturnType<typeof readFrames>, at: number): string {
  const fn = frames.fn[at] ?? 0;
  const total = { before: frames.before?.[at] ?? null, after: frames.after[at] ?? 0 };
  const self = frames.self[1][at] ?? 0;
  const owner = OWNERS[flame.functions.owner[fn] ?? -1];
  const file = readFile(flame, fn).split('/').slice(-2).join('/');
  const mark = frames.before === null ? '' : `, ${MARK_WORDS[frames.mark[at] ?? 0]}`;
  return [
    `${shown(readName(flame, fn))}: ${costText(flame, total, frames.whole)}${mark}`,
    self > 0 ? `self ${valueText(flame, self)}` : '',
    owner ?? '',
    shown(file),
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

function heaviestFrame({ fn, after, before }: ReturnType<typeof readFrames>, wanted: number): number {
  let best = -1;
  const weight = (at: number) => (after[at] ?? 0) + (before?.[at] ?? 0) / 1e6;
  fn.forEach((id, at) => {
    if (id === wanted && (best < 0 || weight(at) > weight(best))) best = at;
  });
  return best;
}

/** The meaning of the colours, in words. */
function drawLegend(flame: Flame, byOwner: boolean): HTMLElement[] {
  const compares = flame.totals[0] !== null;
  const swatch = (name: string, text: string) =>
    el('span', {}, el('i', { class: name, 'aria-hidden': 'true' }), text);
  const path =
    flame.path.length > 0 ? swatch('path', compares ? 'path of the finding' : 'hottest path') : null;
  return [
    ...(byOwner
      ? OWNERS.map((owner, at) => swatch(`owner${at}`, owner))
      : [
          swatch('mark1', '+ grew'),
          swatch('mark2', '− shrank'),
          swatch('mark0', flame.by === 'share' ? 'within noise' : 'the rest'),
        ]),
    ...(path === null ? [] : [path]),
  ];
}

/** Says what the picture leaves out, and by which rule it is coloured. */
function writeNotes(flame: Flame): string {
  const { cut, idle, of, rule } = flame;
  return [
    of,
    rule,
    cut === null
      ? ''
      : `Cut: ${cut.nodes} of ${cut.nodes + flame.nodes.fn.length} frames are left out, none of more than ${formatShare(cut.largest)} of the total; "… cut" holds their cost.`,
    idle === null ? '' : `Idle threads are left out: ${valueText(flame, idle)}.`,
  ]
    .filter((text) => text !== '')
    .join(' ');
}
