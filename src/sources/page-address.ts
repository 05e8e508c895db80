/** An address whose pages people look at, and copy links from. */
export interface PageAddress {
  /** Origin and sub-path, without a slash at the end, a query or credentials. */
  url: string;
  /** Kind of pages that are found there. */
  pages: 'grafana' | 'pyroscope';
  /** Name of the configured store; null where flags configure it. */
  store: string | null;
  /** Uid of the source that all of its pages are about; null where a page names its own. */
  source: string | null;
  /** Organisation of the Grafana that is read; null where it is not known. */
  orgId: number | null;
}

/** Hosts that mean the machine that a link is opened on. */
const OWN_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

/** The path of a link below an address; null where it leads elsewhere. */
export function findPathBelow(address: string, link: URL): string | null {
  if (!URL.canParse(address)) return null;
  const base = new URL(address);
  if (readOrigin(base) !== readOrigin(link)) return null;
  const folder = base.pathname.replace(/\/+$/, '');
  if (link.pathname !== folder && !link.pathname.startsWith(`${folder}/`)) return null;
  return link.pathname.slice(folder.length) || '/';
}

/** Origin of an address; the names of one's own machine are one. */
function readOrigin({ protocol, hostname, port }: URL): string {
  return `${protocol}//${OWN_HOST.test(hostname) ? 'localhost' : hostname}:${port}`;
}
