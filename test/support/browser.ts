import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Places where distributions put the browser. */
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The browser of this machine; null where there is none. */
export function findBrowser(): string | null {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined && named !== '') return named;
  return PLACES.find((place) => existsSync(place)) ?? null;
}

/** Starts the browser without a window. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = findBrowser();
  if (executablePath === null) throw new Error('no Chromium here: set CHROMIUM_PATH');
  // Containers have no user namespaces for its own sandbox.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
}

/**
 * Whether tests with a browser are left out, which is told in one line; with REQUIRE_LIVE=1 they fail
 * instead.
 */
export function hasNoBrowser(): boolean {
  if (findBrowser() !== null || process.env.REQUIRE_LIVE === '1') return false;
  process.stderr.write('No Chromium here (CHROMIUM_PATH names one): the tests of the view are skipped.\n');
  return true;
}
