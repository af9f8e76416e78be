import { describe, expect, it } from 'vitest';
import { CHROMIUM, until } from './chromium.ts';
import { FakeApi, OPEN_ID } from './fake-api.ts';
import { browserForTests } from './watched.ts';

const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJvcHMifQ.c2lnbmF0dXJl';

describe.skipIf(CHROMIUM === undefined)('where the API wants a token', () => {
  const { open } = browserForTests();

  async function start(path = '') {
    const api = await new FakeApi().listen();
    api.token = TOKEN;
    const page = await open(`${api.url}/${path}`);
    const field = page.getByLabel('Access token');
    const use = async (token: string) => {
      await field.fill(token);
      await page.getByRole('button', { name: 'Use the token' }).click();
    };
    return { api, page, field, use };
  }

  it('asks for it, and goes on to the address that was asked for', async () => {
    const { api, page, field, use } = await start(`#/vsphere/dc1/${OPEN_ID}`);
    await field.waitFor();
    expect(await field.getAttribute('type')).toBe('password');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('token');
    await use(`Bearer ${TOKEN}`);
    await page.locator('.timeline').waitFor();
    expect(api.log[0]).toBe(`GET /v1/vsphere/dc1/jobs/${OPEN_ID} 401`);
    expect(await page.title()).toContain('PowerOnVM_Task');
  });

  it('keeps it in the tab alone: not in the address, not in another tab, not after it was forgotten', async () => {
    const { api, page, field, use } = await start();
    await use(TOKEN);
    await page.locator('.card').first().waitFor();
    const kept = await page.evaluate(() => ({
      local: localStorage.length,
      cookies: document.cookie,
      url: location.href,
    }));
    expect(kept).toEqual({ local: 0, cookies: '', url: `${api.url}/` });
    expect(await page.evaluate(() => document.documentElement.outerHTML)).not.toContain(TOKEN);
    await page.reload();
    await page.locator('.card').first().waitFor();

    const other = await page.context().newPage();
    await other.goto(api.url);
    await other.getByLabel('Access token').waitFor();
    await other.close();

    await page.getByRole('button', { name: 'Forget the token' }).click();
    await field.waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    expect(await page.locator('.card').count()).toBe(0);
    const asked = api.log.length;
    await page.waitForTimeout(3_000);
    expect(api.log.length).toBe(asked);
  });

  it('says what is wrong with it, and asks again when it has expired', async () => {
    const { api, page, field, use } = await start();
    const complaint = page.locator('#token-complaint');
    await field.waitFor();
    expect(await complaint.textContent()).toBe('');
    await use('two words');
    expect(await complaint.textContent()).toContain('cannot be a token');
    await use('b3RoZXI');
    await until(
      () => complaint.textContent(),
      (text) => text!.includes('has refused the token'),
    );
    expect(api.log.filter((line) => !line.endsWith(' 401'))).toEqual([]);
    await use(TOKEN);
    await page.locator('.card').first().waitFor();
    api.token = 'another';
    await until(
      () => complaint.textContent(),
      (text) => text!.includes('may have expired'),
    );
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });
});
