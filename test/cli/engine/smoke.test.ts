import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectionCheckView } from '../../../shared/openapi/views.ts';
import { type Rig, startRig } from '../rig.ts';

/** The short form of `engine/`, for `npm test`. */
let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 120_000);
afterAll(() => rig.close());

test.concurrent('a job is submitted, watched to its end, and explained', async () => {
  const body = JSON.stringify(rig.scenarios.symphony!.partlySucceeds!(1));
  const { code, stdout } = await rig.run('submit', 'symphony/lab', '--body', body, '--wait', '--json');
  expect(code).toBe(3);
  const { platform, connection, id } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
  const explained = await rig.run('explain', `${platform}/${connection}/${id}`);
  expect(explained.stdout).toContain('PARTIALLY_SUCCEEDED: the platform says that some of it is done');
});

test.concurrent('connections are checked', async () => {
  const { code, stdout } = await rig.run('connections', 'check', 'vsphere/lab', 'vsphere/wrong', '--json');
  const checks = stdout
    .trimEnd()
    .split('\n')
    .map((line) => connectionCheckView.parse(JSON.parse(line)));
  expect({ code, checks }).toMatchObject({
    code: 1,
    checks: [{ ok: true }, { ok: false, problem: { kind: 'permanent', code: 'InvalidLogin' } }],
  });
});
