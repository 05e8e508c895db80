import type { Browser, Page } from 'playwright-core';
import type { Picture } from '../../src/report/picture/format.js';
import { buildPage } from '../support/pictures.js';

/** The strictest policy under which a page with its script inside can run. */
const CSP = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'";
const HOST = 'http://report.test';

export interface OpenOptions {
  /** Pixels. */
  width?: number;
  height?: number;
  scheme?: 'light' | 'dark';
  /** Whether the page runs without an origin of its own. */
  isFramed?: boolean;
}

/** Opens the page of a picture under a strict policy and collects every error and every request. */
export async function openPage(
  browser: Browser,
  picture: Picture,
  { width = 1280, height = 800, scheme = 'light', isFramed = false }: OpenOptions = {},
): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // The tests read pixels more often than a page does.
    if (/^(?:error|warning)$/.test(message.type()) && !message.text().startsWith('Canvas2D'))
      problems.push(message.text());
  });
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const html = await buildPage(picture);
  await page.route('**/*', (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/page') {
      return route.fulfill({
        contentType: 'text/html; charset=utf-8',
        headers: { 'content-security-policy': `${CSP}${isFramed ? '; sandbox allow-scripts' : ''}` },
        body: html,
      });
    }
    if (pathname !== '/favicon.ico') problems.push(`request: ${route.request().url()}`);
    return route.abort();
  });
  await page.goto(`${HOST}/page`);
  await page.waitForSelector('html[data-ready]');
  // The first picture is drawn with the next frame.
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
  return { page, problems };
}
