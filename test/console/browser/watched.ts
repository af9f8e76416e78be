import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { launch } from './chromium.ts';

interface Tests {
  open(address: string, options?: BrowserContextOptions): Promise<Page>;
  /** For a test that makes the page complain. */
  expectComplaints(about: RegExp): void;
}

/** A browser for all tests of a file. What a page complains of, or asks of other origins, fails its test. */
export function browserForTests(): Tests {
  let browser: Browser;
  let complaints: string[] = [];
  let expected: RegExp | undefined;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    const said = complaints.filter((text) => !expected?.test(text));
    complaints = [];
    expected = undefined;
    for (const context of browser.contexts()) await context.close();
    expect(said).toEqual([]);
  });
  const open: Tests['open'] = async (address, options = {}) => {
    const context = await browser.newContext({ viewport: { width: 1000, height: 800 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('console', (message) => {
      // What the API refuses, Chromium notes by itself.
      const isAnswer = /^Failed to load resource/.test(message.text());
      if (!isAnswer) complaints.push(`${message.type()}: ${message.text()}`);
    });
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith('data:') && new URL(url).origin !== new URL(address).origin) complaints.push(`asked ${url}`);
    });
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(address);
    return page;
  };
  const expectComplaints = (about: RegExp) => {
    expected = about;
  };
  return { open, expectComplaints };
}
