import type { Picture } from '../src/report/picture/format.js';
import { pictureUri } from '../src/report/picture/uri.js';
import { el } from './dom.js';
import { connect, type Host, type HostState } from './host.js';
import { type Page, type Surroundings, showPicture } from './page.js';
import { shown } from './words.js';

const root = document.getElementById('root') ?? document.body;
const data = document.getElementById('picture')?.textContent ?? '';
const tool = document.querySelector('meta[name="tool"]')?.getAttribute('content') ?? '';

if (data.trim() !== '') showFile(data);
else void showInHost();

/** The page is a file with its data inside. */
function showFile(json: string): void {
  showPicture(root, JSON.parse(json) as Picture, {
    theme: null,
    locale: navigator.language,
    openLink: null,
    ask: null,
  });
  document.documentElement.dataset.ready = 'true';
}

/** The page is part of a chat: the host says what was asked, and fetches the data of the answer. */
async function showInHost(): Promise<void> {
  let page: Page | null = null;
  let shownText: string | null = null;
  let asked: string | null = null;
  say('Waiting for the answer …');
  const { host, state } = await connect((changed) => void update(changed), '1');
  void update(state);
  new ResizeObserver(() => tellSize(host)).observe(root);

  async function update(current: HostState): Promise<void> {
    page?.follow(surroundings(host, current));
    warn(shownText, current.text);
    if (current.args === null) return;
    const uri = pictureUri(tool, current.args);
    if (uri === asked) return;
    asked = uri;
    say('Reading the picture …');
    try {
      const result = await host.request('resources/read', { uri });
      // The host has sent further arguments meanwhile, whose picture is read after this one or was already.
      if (uri !== asked) return;
      const [content] = result.contents as readonly { text?: string }[];
      const picture = JSON.parse(content?.text ?? '') as Picture;
      page = showPicture(root, picture, surroundings(host, current));
      shownText = picture.text;
      warn(shownText, current.text);
    } catch (error) {
      if (uri !== asked) return;
      say(`No picture: ${error instanceof Error ? shown(error.message) : 'the host gave no data'}`);
    }
    document.documentElement.dataset.ready = 'true';
    tellSize(host);
  }
}

const STALE = el('p', { class: 'stale', role: 'note' });

/** Says that the picture is not of the answer above it: the data are read again, and may have changed. */
function warn(shownText: string | null, answer: string | null): void {
  if (shownText === null || answer === null || shownText === answer) {
    STALE.remove();
    return;
  }
  STALE.textContent = 'The data have changed since the answer above: this picture shows those of now.';
  root.prepend(STALE);
}

function say(text: string): void {
  root.replaceChildren(el('p', { class: 'faint', role: 'status' }, text));
}

function tellSize(host: Host): void {
  host.notify('ui/notifications/size-changed', {
    width: Math.ceil(root.scrollWidth),
    height: Math.ceil(document.documentElement.getBoundingClientRect().height),
  });
}

function surroundings(host: Host, { theme, locale, canOpenLinks, canMessage }: HostState): Surroundings {
  return {
    theme,
    locale,
    openLink: canOpenLinks ? (url) => void host.request('ui/open-link', { url }).catch(() => {}) : null,
    ask: canMessage
      ? (name) =>
          void host
            .request('ui/message', {
              role: 'user',
              content: [
                { type: 'text', text: `Tell me more about the function ${JSON.stringify(shown(name))}.` },
              ],
            })
            .catch(() => {})
      : null,
  };
}
