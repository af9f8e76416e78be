import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../shared/job/job.ts';
import { adapter } from '../../../shared/platforms/symphony/index.ts';
import { entry, idsOf, jobOf, machine, scripted } from './rig.ts';

/** What a request of eight ends as. */
async function ends(
  { status = 'complete', machines, ...units }: { status?: string; machines: JsonObject[] } & JsonObject,
  { options = {}, request = {} }: { options?: object; request?: object } = {},
) {
  const rig = scripted(
    (script, input) =>
      script === 'requestMachines'
        ? { requestId: 'r-1', message: 'ok' }
        : { requests: idsOf(input).map((id) => ({ ...entry(id, status, machines), ...units })) },
    { ...options },
  );
  const submitted = await rig.submit({
    operation: 'requestMachines',
    template: { templateId: 'T8', machineCount: 8 },
    ...request,
  });
  if (submitted.kind !== 'accepted') throw new Error(JSON.stringify(submitted));
  expect(rig.calls[0]!.input).toEqual({ template: { templateId: 'T8', machineCount: 8 } });
  return rig.look(jobOf(submitted.handle));
}
const TWO = [machine('i-1', 'succeed'), machine('i-2', 'succeed')];
const typed = (more: JsonObject) => TWO.map((one) => ({ ...one, ...more }));

describe('what the provider says of units of capacity decides, not the number of machines', () => {
  it.each<[string, JsonObject, string]>([
    ['all of them', { target_units: 8, fulfilled_units: 8 }, 'SUCCEEDED'],
    ['more', { target_units: 8, fulfilled_units: 10 }, 'SUCCEEDED'],
    ['fewer', { target_units: 8, fulfilled_units: 4 }, 'PARTIALLY_SUCCEEDED'],
    ['fewer than the provider set out for', { target_units: 16, fulfilled_units: 8 }, 'PARTIALLY_SUCCEEDED'],
    [
      'all that the provider set out for, which is less than was asked',
      { target_units: 4, fulfilled_units: 4 },
      'PARTIALLY_SUCCEEDED',
    ],
    ['without the target', { fulfilled_units: 8 }, 'SUCCEEDED'],
    ['without what is fulfilled: machines count', { target_units: 8 }, 'PARTIALLY_SUCCEEDED'],
    ['in other letters', { targetUnits: '8', fulfilledUnits: '8.0' }, 'SUCCEEDED'],
    ['of a fleet', { TotalTargetCapacity: 8, FulfilledCapacity: 8 }, 'SUCCEEDED'],
    ['what is no amount', { target_units: 8, fulfilled_units: 'many' }, 'PARTIALLY_SUCCEEDED'],
    ['nothing', {}, 'PARTIALLY_SUCCEEDED'],
    ['a part of a unit', { target_units: 8, fulfilled_units: 7.5 }, 'PARTIALLY_SUCCEEDED'],
    ['less than nothing', { target_units: 8, fulfilled_units: -8 }, 'PARTIALLY_SUCCEEDED'],
    ['null', { target_units: null, fulfilled_units: null }, 'PARTIALLY_SUCCEEDED'],
  ])('%s', async (_, units, expected) => {
    expect(await ends({ machines: TWO, ...units })).toMatchObject({ status: expected });
  });

  it('and a message says both', async () => {
    expect(await ends({ machines: TWO, target_units: 8, fulfilled_units: 8 })).toMatchObject({
      message: '2 machines are up with 8 of 8 units of capacity',
    });
  });

  it.each([
    [{ weightedCapacity: 4 }, 'SUCCEEDED'],
    [{ weight: '4' }, 'SUCCEEDED'],
    [{ weight: 3 }, 'PARTIALLY_SUCCEEDED'],
  ])('weights of machines: %j', async (weight, expected) => {
    expect(await ends({ machines: typed(weight) })).toMatchObject({ status: expected });
  });

  it('a 0 that nobody has filled in is no count: machines count', async () => {
    const eight = Array.from({ length: 8 }, (_, n) => machine(`i-${n}`, 'succeed', { weight: 0 }));
    expect(await ends({ machines: eight, target_units: 8, fulfilled_units: 0 })).toMatchObject({
      status: 'SUCCEEDED',
      message: '8 of 8 machines are up',
    });
    expect(await ends({ machines: TWO, target_units: 8, fulfilled_units: 0 })).toMatchObject({
      status: 'PARTIALLY_SUCCEEDED',
      message: '2 of 8 machines are up',
    });
  });

  it('a machine that failed counts for nothing', async () => {
    const machines = [machine('i-1', 'succeed', { weight: 4 }), machine('i-2', 'fail', { weight: 4 })];
    expect(await ends({ machines, status: 'complete_with_error' })).toMatchObject({ status: 'PARTIALLY_SUCCEEDED' });
  });

  it('and nothing is complete while a machine is on its way', async () => {
    const machines = [machine('i-1', 'succeed'), machine('i-2', 'executing')];
    expect(await ends({ machines, target_units: 8, fulfilled_units: 8 })).toMatchObject({ status: 'RUNNING' });
  });
});

describe('where the provider says nothing of units, capacityUnits tells what machineCount counts', () => {
  it.each<[string, boolean | Record<string, number>, JsonObject, string]>([
    ['units, and the provider says complete', true, {}, 'SUCCEEDED'],
    ['units, and the provider says that it is not all', true, { status: 'complete_with_error' }, 'PARTIALLY_SUCCEEDED'],
    ['the template has machines of four units', { T8: 4 }, {}, 'SUCCEEDED'],
    ['the template has machines of two', { T8: 2 }, {}, 'PARTIALLY_SUCCEEDED'],
    ['another template has weights', { T9: 4 }, {}, 'PARTIALLY_SUCCEEDED'],
    ['the instance type has four', { 'm5.xlarge': 4 }, { machines: typed({ instanceType: 'm5.xlarge' }) }, 'SUCCEEDED'],
    ['another type has', { 'm5.large': 4 }, { machines: typed({ instanceType: 'm5.xlarge' }) }, 'PARTIALLY_SUCCEEDED'],
    ['machines, whatever the provider says', false, { target_units: 8, fulfilled_units: 8 }, 'PARTIALLY_SUCCEEDED'],
  ])('%s', async (_, capacityUnits, said, expected) => {
    for (const where of [{ options: { capacityUnits } }, { request: { capacityUnits } }])
      expect(await ends({ machines: TWO, ...said }, where)).toMatchObject({ status: expected });
  });

  it('a request knows better than its connection', async () => {
    const options = { capacityUnits: true };
    expect(await ends({ machines: TWO }, { options, request: { capacityUnits: false } })).toMatchObject({
      status: 'PARTIALLY_SUCCEEDED',
    });
  });

  it('a machine that failed, or none at all, is no success', async () => {
    const options = { capacityUnits: true };
    const machines = [machine('i-1', 'succeed'), machine('i-2', 'fail')];
    expect(await ends({ machines }, { options })).toMatchObject({ status: 'PARTIALLY_SUCCEEDED' });
    expect(await ends({ machines: [] }, { options })).toMatchObject({ kind: 'not_found' });
  });

  it('of an adopted request, too', async () => {
    const { connection, look } = scripted((_script, input) => ({
      requests: idsOf(input).map((id) => entry(id, 'complete', TWO)),
    }));
    const body = { operation: 'requestMachines', adopt: { requestId: 'r-1', machineCount: 8, capacityUnits: true } };
    const { handle } = connection.adopt(adapter.adoptRequest.parse(body));
    expect(await look(jobOf(handle))).toMatchObject({ status: 'SUCCEEDED' });
  });

  it.each([[{}], [{ T: 0 }], [{ T: -1 }], [{ T: '4' }], ['yes'], [{ T: Number.NaN }]])(
    '%j is checked',
    (capacityUnits) => {
      const options = { transport: 'exec', scripts: '/scripts', capacityUnits };
      expect(adapter.options.safeParse(options).success).toBe(JSON.stringify(capacityUnits) === '{}');
    },
  );
});
