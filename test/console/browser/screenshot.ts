/** `npm run console-screenshot`: makes docs/console.png, a job on a simulated vCenter, in the light scheme. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { consolePage } from '../../../infra/console.ts';
import { startEngine } from '../../../infra/local/engine.ts';
import { startSimulatedPlatforms } from '../../../infra/local/simulated.ts';
import { launch, until } from './chromium.ts';

const FILE = fileURLToPath(new URL('../../../docs/console.png', import.meta.url));

const dataDir = mkdtempSync(join(tmpdir(), 'pollux-console-'));
const platforms = await startSimulatedPlatforms();
const { connections, secrets, simulators } = platforms;
const engine = await startEngine({ connections, secrets, dataDir, page: consolePage() });
const browser = await launch();
try {
  const jobs = `${engine.url}/v1/vsphere/lab/jobs`;
  const { succeeds } = simulators.find(({ platform }) => platform === 'vsphere')!.scenarios;
  const submit = async (seconds: number): Promise<string> => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ ...succeeds(seconds), labels: { team: 'web' } });
    return ((await (await fetch(jobs, { method: 'POST', headers, body })).json()) as { id: string }).id;
  };
  const openJobs = async () =>
    ((await (await fetch(jobs)).json()) as { jobs: { completedAt?: string }[] }).jobs.filter((job) => !job.completedAt);
  // A history first, so that there is a plan.
  await Promise.all([14, 16, 18, 19, 20, 21, 23, 26].map(submit));
  await until(openJobs, (all) => all.length === 0);
  const id = await submit(25);
  const page = await browser.newPage({ viewport: { width: 760, height: 720 }, colorScheme: 'light', locale: 'en-GB' });
  await page.goto(`${engine.url}/#/vsphere/lab/${id}`);
  await until(
    () =>
      page
        .locator('progress')
        .getAttribute('value')
        .catch(() => null),
    (value) => Number(value) >= 50,
  );
  await page.screenshot({ path: FILE, fullPage: true });
  console.log(`docs/console.png: ${Math.round(statSync(FILE).size / 1024)} KB`);
} finally {
  await browser.close();
  await engine.stop();
  await platforms.close();
  rmSync(dataDir, { recursive: true, force: true });
}
process.exit(0);
