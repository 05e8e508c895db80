import { escapeMarkup, safeText } from '../../text/sanitise.js';
import type { Picture } from './format.js';

/** The element of the page that holds the data, as the view's build writes it. */
const EMPTY_DATA = '<script type="application/json" id="picture"></script>';
const TOOL = '<meta name="tool" content="">';
const TITLE = '<title>Profile</title>';

/**
 * A page with its data inside: one file that opens without a network.
 *
 * @param view the built view, as HTML
 */
export function fillPage(view: string, picture: Picture): string {
  const data = scriptSafe(JSON.stringify(picture));
  return replaceOnce(
    replaceOnce(
      view,
      EMPTY_DATA,
      EMPTY_DATA.replace('></', () => `>${data}</`),
    ),
    TITLE,
    `<title>${escapeMarkup(safeText(nameAnswer(picture), 200))}</title>`,
  );
}

/** The service and the tool, as the title of a page. */
export function nameAnswer({ data, asked }: Picture): string {
  const { scope } = data;
  const service = typeof scope === 'object' && scope !== null && 'service' in scope ? scope.service : null;
  return `${typeof service === 'string' ? safeText(service, 80) : 'all services'} (${asked.tool})`;
}

/** The view as a chat shows it: the host fetches the data of the call of a tool. */
export function appPage(view: string, tool: string): string {
  return replaceOnce(view, TOOL, `<meta name="tool" content="${escapeMarkup(tool)}">`);
}

/** JSON that cannot end the element that it stands in, nor turn text around. */
function scriptSafe(json: string): string {
  return json.replace(/[<>&\u2028\u2029]|\p{Cf}/gu, (char) =>
    Array.from(
      { length: char.length },
      (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

function replaceOnce(text: string, part: string, by: string): string {
  const at = text.indexOf(part);
  if (at < 0) throw new Error(`the view has no ${part}`);
  return text.slice(0, at) + by + text.slice(at + part.length);
}
