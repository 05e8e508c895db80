import path from 'node:path';
import { build } from 'esbuild';
import type { Browser, Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttpHandler } from '../../src/mcp/http/handler.js';
import { DARK, LIGHT } from '../../src/report/picture/colours.js';
import type { Picture } from '../../src/report/picture/format.js';
import { createEnvironment, demoSource, INCIDENT_WINDOW } from '../support/ask.js';
import { hasNoBrowser, startBrowser } from '../support/browser.js';
import { connectHttp, type TestClient } from '../support/clients.js';
import { ROOT } from '../support/root.js';
import type { HostOptions } from './host-page.js';

// The page as an MCP App: the official bridge as its host, the server behind it.

/** Policy that hosts give to an app which declares no domain (SEP-1865). */
const CSP =
  "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'none'";
const QUESTION = { service: 'checkout-api', ...INCIDENT_WINDOW };
const ALL = { openLinks: {}, message: {}, serverResources: {} };

describe.skipIf(hasNoBrowser())('the page as an MCP App', () => {
  let browser: Browser;
  let client: TestClient;
  let script = '';
  beforeAll(async () => {
    const environment = createEnvironment([demoSource()]);
    const handler = createHttpHandler(async () => environment, environment.log, { hosts: [], origins: [] });
    client = await connectHttp('modern era', 'http://localhost/mcp', (input, init) => {
      const request = new Request(input, init);
      request.headers.set('host', 'localhost');
      return handler.fetch(request);
    });
    const bundle = await build({
      entryPoints: [path.join(ROOT, 'test', 'view', 'host-page.ts')],
      bundle: true,
      write: false,
      format: 'iife',
      conditions: ['browser'],
    });
    script = bundle.outputFiles[0]?.text ?? '';
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await client?.close();
  });

  interface Shown {
    page: Page;
    app: Frame;
    notes: Map<string, unknown>;
    reads: string[];
    problems: string[];
  }

  async function show(
    tool: string,
    options: Omit<HostOptions, 'src'>,
    change: (picture: Picture) => Picture | Promise<Picture> = (picture) => picture,
  ): Promise<Shown> {
    const html = await client.readResource(`ui://pyroscope-mcp/${tool}`);
    const page = await browser.newPage({ viewport: { width: 1100, height: 800 } });
    const problems: string[] = [];
    const notes = new Map<string, unknown>();
    const reads: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Canvas2D')) problems.push(message.text());
    });
    await page.exposeFunction('readResource', async (uri: string) => {
      reads.push(uri);
      return JSON.stringify(await change(JSON.parse(await client.readResource(uri))));
    });
    await page.exposeFunction('note', (what: string, value: unknown) => void notes.set(what, value));
    await page.route('**/*', (route) => {
      const { pathname, hostname } = new URL(route.request().url());
      const contentType = 'text/html; charset=utf-8';
      if (hostname === 'app.test')
        return route.fulfill({ contentType, headers: { 'content-security-policy': CSP }, body: html });
      if (pathname === '/host') return route.fulfill({ contentType, body: '<!doctype html><body></body>' });
      return route.abort();
    });
    await page.goto('http://host.test/host');
    await page.addScriptTag({ content: script });
    await page.evaluate((given) => window.startHost(given), { src: 'http://app.test/', ...options });
    await expect.poll(() => notes.get('initialized')).toBeDefined();
    const app = page.frames().find((frame) => frame.url().startsWith('http://app.test'));
    if (app === undefined) throw new Error('the frame has not loaded');
    return { page, app, notes, reads, problems };
  }

  const ready = (app: Frame) => app.waitForSelector('html[data-ready]', { timeout: 20_000 });

  test('greets the host, waits for the question, and shows the answer of the server', async () => {
    const { page, app, notes, reads, problems } = await show('investigate', {
      context: { theme: 'light', locale: 'de-DE' },
      capabilities: ALL,
    });
    expect(notes.get('initialized')).toMatchObject({ name: 'pyroscope-mcp-view' });
    expect(await app.locator('[role=status]').textContent()).toBe('Waiting for the answer …');
    await page.evaluate((args) => window.sendInput(args), QUESTION);
    await ready(app);
    expect(reads).toEqual([
      'pyroscope://picture/investigate?from=2026-11-20T14%3A30%3A00Z&service=checkout-api&to=2026-11-20T14%3A45%3A00Z',
    ]);
    expect(await app.locator('h1').textContent()).toBe('Code regression');
    expect(await app.locator('.culprit strong').textContent()).toBe('coupon.loadPattern');
    expect(await app.evaluate(() => window.origin)).toBe('null');
    await expect.poll(() => notes.get('size')).toMatchObject({ height: expect.any(Number) });
    // The question is not read twice when the host repeats it.
    await page.evaluate((args) => window.sendInput(args), QUESTION);
    await page.evaluate(() => window.changeContext({ theme: 'light', locale: 'fr-FR' }));
    expect(reads.length).toBe(1);
    expect(problems).toEqual([]);
    await page.close();
  });

  test('follows the theme of the host, whatever that of the machine is', async () => {
    const { page, app, problems } = await show('compare_profiles', {
      context: { theme: 'dark' },
      capabilities: ALL,
    });
    await page.evaluate((args) => window.sendInput(args), QUESTION);
    await ready(app);
    const ground = () => app.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const rgb = (hex: string) =>
      `rgb(${[1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join(', ')})`;
    expect(await ground()).toBe(rgb(DARK.ground));
    await page.evaluate(() => window.changeContext({ theme: 'light' }));
    await expect.poll(ground).toBe(rgb(LIGHT.ground));
    expect(problems).toEqual([]);
    await page.close();
  });

  test('a question about a function goes to the chat, as words in quotes', async () => {
    const { page, app, notes } = await show('summarize_profile', { context: {}, capabilities: ALL });
    await page.evaluate((args) => window.sendInput(args), { service: 'checkout-api' });
    await ready(app);
    await app.getByRole('button', { name: 'linux.Syscall6' }).first().click();
    await app.getByRole('button', { name: 'Ask about this function' }).click();
    await expect
      .poll(() => notes.get('message'))
      .toEqual({
        role: 'user',
        content: [
          {
            type: 'text',
            text: 'Tell me more about the function "internal/runtime/syscall/linux.Syscall6".',
          },
        ],
      });
    await page.close();
  });

  test('a host that takes no messages is offered no button', async () => {
    const { page, app } = await show('summarize_profile', {
      context: {},
      capabilities: { serverResources: {} },
    });
    await page.evaluate((args) => window.sendInput(args), { service: 'checkout-api' });
    await ready(app);
    expect(await app.getByRole('button', { name: 'Ask about this function' }).isVisible()).toBe(false);
    await page.close();
  });

  test('a failure of the server is told in its words', async () => {
    const { page, app } = await show('investigate', { context: {}, capabilities: ALL });
    await page.evaluate((args) => window.sendInput(args), { service: 'checkout-api' });
    await ready(app);
    expect(await app.locator('[role=status]').textContent()).toMatch(/^No picture: .*needs the arguments/);
    await page.close();
  });

  test('a picture that comes late does not replace that of a newer question', async () => {
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const { page, app, reads } = await show(
      'summarize_profile',
      { context: {}, capabilities: ALL },
      async (picture) => {
        if (picture.asked.arguments.profile_type === 'cpu') await held;
        return picture;
      },
    );
    const ask = (profile_type: string) =>
      page.evaluate((args) => window.sendInput(args), { ...QUESTION, profile_type });
    await ask('cpu');
    await expect.poll(() => reads.length).toBe(1);
    await ask('alloc');
    await ready(app);
    const label = () => app.locator('section.panel').getAttribute('aria-label');
    expect(await label()).toBe('Flame graph of alloc');
    letGo();
    await page.waitForTimeout(300);
    expect(await label()).toBe('Flame graph of alloc');
    await page.close();
  });

  test('a link is opened by the host, and one that is no page is left out', async () => {
    const links = [
      { title: 'Profiles in Grafana', url: 'https://grafana.test/explore' },
      { title: 'no', url: 'javascript:alert(1)' },
    ];
    const { page, app, notes } = await show('investigate', { context: {}, capabilities: ALL }, (picture) => ({
      ...picture,
      data: { ...picture.data, links },
    }));
    await page.evaluate((args) => window.sendInput(args), QUESTION);
    await ready(app);
    expect(await app.locator('.links').textContent()).toBe('Profiles in Grafana');
    await app.getByRole('button', { name: 'Profiles in Grafana' }).click();
    await expect.poll(() => notes.get('link')).toEqual({ url: 'https://grafana.test/explore' });
    await page.close();
  });

  test('a picture of other data than the answer above says so', async () => {
    const { page, app } = await show('investigate', { context: {}, capabilities: ALL });
    await page.evaluate((args) => window.sendInput(args), QUESTION);
    await page.evaluate((text) => window.sendText(text), 'Verdict: something of yesterday');
    await ready(app);
    await expect.poll(() => app.locator('.stale').count()).toBe(1);
    const { text } = await client.callTool('investigate', QUESTION);
    await page.evaluate((given) => window.sendText(given), text);
    await expect.poll(() => app.locator('.stale').count()).toBe(0);
    await page.close();
  });

  test('messages of other frames are not listened to', async () => {
    const { page, app } = await show('investigate', { context: {}, capabilities: ALL });
    await app.evaluate(() => {
      const params = { arguments: { service: 'evil' } };
      window.postMessage({ jsonrpc: '2.0', method: 'ui/notifications/tool-input', params }, '*');
    });
    await page.evaluate((args) => window.sendInput(args), QUESTION);
    await ready(app);
    expect(await app.locator('h1').textContent()).toBe('Code regression');
    await page.close();
  });
});
