import { DARK, LIGHT, type Palette } from '../src/report/picture/colours.js';
import type { Flame, Picture } from '../src/report/picture/format.js';
import { drawCourse } from './course.js';
import { el } from './dom.js';
import { drawFleet } from './fleet.js';
import { drawHead, listIn, textIn } from './head.js';
import { createPanel, type Panel } from './panel.js';
import { readName, shortName, shown } from './words.js';

/** Abilities of the program around the page; null for those that it does not offer. */
export interface Surroundings {
  theme: 'light' | 'dark' | null;
  locale: string | undefined;
  openLink: ((url: string) => void) | null;
  ask: ((name: string) => void) | null;
}

export interface Page {
  /** Follows a change of theme or abilities of the host. */
  follow(surroundings: Surroundings): void;
}

/** Fills the page with the pictures of an answer. */
export function showPicture(root: HTMLElement, picture: Picture, first: Surroundings): Page {
  let surroundings = first;
  const media = window.matchMedia('(prefers-color-scheme: dark)');
  const palette = (): Palette =>
    (surroundings.theme ?? (media.matches ? 'dark' : 'light')) === 'dark' ? DARK : LIGHT;
  const panels: (Panel | null)[] = picture.flames.map(() => null);
  const place = el('div', { class: 'flames' });
  let open = 0;
  const show = (index: number) => {
    open = index;
    const flame = picture.flames[index];
    if (flame === undefined) return;
    const known = panels[index];
    const panel = known ?? createPanel({ flame, palette: palette(), ask: surroundings.ask });
    panels[index] = panel;
    place.replaceChildren(panel.element);
    if (known === null) panel.start();
    panel.setPalette(palette());
    panel.setAsk(surroundings.ask);
    for (const [at, tab] of tabs.entries()) tab.setAttribute('aria-pressed', String(at === index));
  };
  const tabs = picture.flames.map((_, index) =>
    el('button', { type: 'button', click: () => show(index) }, tabName(picture, index)),
  );
  const links = el('p', { class: 'links' });
  const showLinks = () => {
    const { openLink } = surroundings;
    links.replaceChildren(
      ...listIn(picture.data, 'links').flatMap((link): HTMLElement[] => {
        const [url, title] = [textIn(link, 'url'), shown(textIn(link, 'title')) || 'Open in Grafana'];
        if (!/^https?:\/\//.test(url)) return [];
        return openLink === null
          ? [el('a', { href: url, rel: 'noreferrer', target: '_blank' }, title)]
          : [el('button', { type: 'button', click: () => openLink(url) }, title)];
      }),
    );
  };
  const follow = (next: Surroundings) => {
    surroundings = next;
    const { theme, locale } = next;
    if (theme === null) document.documentElement.removeAttribute('data-theme');
    else document.documentElement.setAttribute('data-theme', theme);
    const room = picture.courses.length > 1 || root.clientWidth < 600 ? 380 : 720;
    courses.replaceChildren(...picture.courses.map((course) => drawCourse(course, room, locale)));
    for (const panel of panels) {
      panel?.setPalette(palette());
      panel?.setAsk(next.ask);
    }
    showLinks();
  };
  const courses = el('section', { class: 'courses', 'aria-label': 'Cost over time' });
  media.addEventListener('change', () => follow(surroundings));
  root.replaceChildren(
    drawHead(picture),
    links,
    ...[drawFleet(picture.data)].filter((part) => part !== null),
    courses,
    tabs.length > 1 ? el('div', { class: 'tabs', role: 'group', 'aria-label': 'Flame graphs' }, ...tabs) : '',
    place,
    drawAnswer(picture),
  );
  show(open);
  follow(first);
  return { follow };
}

/** The type of a flame graph and the function that its finding names; two of the same are told apart. */
function tabName({ flames }: Picture, index: number): string {
  const name = (flame: Flame) => {
    const node = flame.path[flame.named];
    const fn = node === undefined ? undefined : flame.nodes.fn[node];
    return shown(fn === undefined ? flame.title : `${flame.title}: ${shortName(readName(flame, fn))}`);
  };
  const flame = flames[index];
  if (flame === undefined) return '';
  const isAlone = flames.filter((other) => name(other) === name(flame)).length === 1;
  return isAlone ? name(flame) : `${name(flame)} (${flame.of === '' ? 'all profiles' : 'where it changed'})`;
}

/** The answer as text, and what was asked when. */
function drawAnswer({ text, asked, product }: Picture): HTMLElement {
  const lines = text.split('\n').map((line) => el('div', {}, line === '' ? '\u00a0' : cleanLine(line)));
  return el(
    'details',
    { class: 'answer' },
    el('summary', {}, 'The answer as text, and what was asked'),
    el('div', { class: 'text' }, ...lines),
    el(
      'p',
      { class: 'faint' },
      `Asked ${asked.at.slice(0, 19).replace('T', ' ')}Z with ${product}: `,
      el('code', {}, `${asked.tool} ${JSON.stringify(asked.arguments)}`.replace(/[^\P{C}]/gu, ' ')),
    ),
  );
}

/** A line of the answer; it keeps its indent. */
function cleanLine(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}
