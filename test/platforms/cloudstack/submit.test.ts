import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../infra/local/simulators/simulator.ts';
import { submitFailure } from '../../../shared/platforms/cloudstack/errors.ts';
import { adapter } from '../../../shared/platforms/cloudstack/index.ts';
import { type Connected, connected, observed, signal } from './connect.ts';

const ULID = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const UUID = '01563e3a-b5d3-d676-4c61-efb99302bd5b';

describe('submit', () => {
  let world: Connected;
  beforeEach(async () => {
    world = await connected();
  });
  afterEach(() => world.simulator.close());

  it('names the job and what it creates', async () => {
    const { outcome } = await world.submit(world.simulator.scenarios.succeeds(5), ULID);
    expect(outcome).toEqual({
      kind: 'accepted',
      handle: { jobid: UUID },
      platformJobId: UUID,
      resource: { type: 'VirtualMachine', id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
  });

  it('names the job alone where nothing is created', async () => {
    const { outcome, ref } = await world.submit({ operation: 'stopVirtualMachine', parameters: { id: 'vm-1' } }, ULID);
    expect(outcome).toEqual({ kind: 'accepted', handle: { jobid: UUID }, platformJobId: UUID });
    expect(observed(await world.look(ref)).resource).toEqual({ type: 'VirtualMachine', id: 'vm-1' });
  });

  it('CS-07 reads the answer of a command with an odd envelope', async () => {
    const { outcome } = await world.submit({
      operation: 'restoreVirtualMachine',
      parameters: { virtualMachineId: 'vm-1' },
    });
    expect(outcome.kind).toBe('accepted');
  });

  it('keeps numeric ids as text, and takes the id that an old server gives', async () => {
    world.simulator.settings.numericIds = true;
    const request = adapter.submitRequest.parse(world.simulator.ends('ok', 5));
    const outcome = await world.connection.submit(request, undefined, { signal });
    expect(outcome).toMatchObject({
      kind: 'accepted',
      platformJobId: expect.stringMatching(/^\d+$/),
      resource: { type: 'VirtualMachine', id: expect.stringMatching(/^\d+$/) },
    });
    if (outcome.kind !== 'accepted') return;
    world.after(6);
    const ref = { id: 'a', operation: 'deployVirtualMachine', handle: outcome.handle, createdAt: 0 };
    expect(observed(await world.look(ref))).toMatchObject({ status: 'SUCCEEDED', resource: outcome.resource });
  });

  it('CS-14 finds a job whose answer was lost, by its own id', async () => {
    world.simulator.inject('lost-answer', { call: 'deployVirtualMachine' });
    const { outcome } = await world.submit(world.simulator.scenarios.succeeds(5), ULID);
    expect(outcome.kind).toBe('unknown');
    expect(world.simulator.calls.deployVirtualMachine).toBe(1);

    const intent = world.connection.intent(adapter.submitRequest.parse(world.simulator.scenarios.succeeds(5)), {
      id: ULID,
      createdAt: 0,
    });
    expect(await world.connection.findSubmitted!(intent!, { signal })).toMatchObject({
      kind: 'accepted',
      handle: { jobid: UUID },
      resource: { type: 'VirtualMachine' },
    });
  });

  it('CS-14 takes "already exists" about its own id for its own earlier submit', async () => {
    await world.submit(world.simulator.scenarios.succeeds(5), ULID);
    expect((await world.submit(world.simulator.scenarios.succeeds(5), ULID)).outcome).toEqual({
      kind: 'accepted',
      handle: { jobid: UUID },
      platformJobId: UUID,
    });
  });

  it('CS-14 says absent for one that never arrived, and nothing while the server does not answer', async () => {
    const intent = { operation: 'deployVirtualMachine', customjobid: UUID };
    expect(await world.connection.findSubmitted!(intent, { signal })).toMatchObject({ kind: 'absent' });
    world.simulator.inject('unavailable');
    expect(await world.connection.findSubmitted!(intent, { signal })).toMatchObject({
      kind: 'transient',
      code: 'HTTP 503',
    });
  });

  it.each<[Fault, string]>([
    ['unauthorized', 'unavailable'],
    ['html', 'unknown'],
    ['empty', 'unknown'],
    ['hang', 'unknown'],
    ['truncated', 'unknown'],
    ['unavailable', 'unknown'],
    ['reset', 'unknown'],
    ['throttled', 'unavailable'],
    ['lost-answer', 'unknown'],
  ])('CS-14 calls %s %s, and never sends it again', async (fault, kind) => {
    world.simulator.inject(fault, { count: 2 });
    const { outcome } = await world.submit(world.simulator.scenarios.succeeds(5));
    expect(outcome.kind).toBe(kind);
    // 401 is the one exception: it comes before anything is done, and the keys may have been replaced.
    expect(world.simulator.calls.deployVirtualMachine).toBe(fault === 'unauthorized' ? 2 : 1);
  });

  it('hands on when to come again after 429', async () => {
    world.simulator.inject('throttled');
    expect((await world.submit(world.simulator.scenarios.succeeds(5))).outcome).toMatchObject({
      kind: 'unavailable',
      retryAfterSeconds: 1,
    });
  });

  it('is unavailable where nobody listens', async () => {
    await world.simulator.close();
    expect((await world.submit(world.simulator.scenarios.succeeds(5))).outcome).toMatchObject({
      kind: 'unavailable',
      error: { code: 'http.refused' },
    });
  });

  it('CS-18 is unavailable while the server shuts down', async () => {
    world.simulator.settings.shuttingDown = true;
    expect((await world.submit(world.simulator.scenarios.succeeds(5))).outcome).toMatchObject({
      kind: 'unavailable',
      error: { code: '530', retryable: true },
    });
  });

  it('refuses with the words of CloudStack', async () => {
    expect((await world.submit(world.simulator.scenarios.refused())).outcome).toMatchObject({
      kind: 'refused',
      error: { code: '431', message: expect.stringContaining('missing parameter zoneid'), retryable: false },
    });
  });

  it('CS-13 says that a 401 may mean an unknown command', async () => {
    expect((await world.submit({ operation: 'deployCastle' })).outcome).toMatchObject({
      kind: 'refused',
      error: { code: '401', message: expect.stringContaining('a command that this server does not have') },
    });
  });

  it.each([
    ['deployVirtualMachin', 'deployVirtualMachine'],
    ['deployvirtualmachine', 'deployVirtualMachine'],
    ['stopVirtualMachien', 'stopVirtualMachine'],
  ])('a misspelled command says that the keys are right, and which command was meant: %s', async (operation, meant) => {
    const { outcome } = await world.submit({ operation });
    expect(outcome).toMatchObject({ kind: 'refused', error: { retryable: false } });
    const { message } = (outcome as { error: { message: string } }).error;
    expect(message).toContain('the keys are right');
    expect(message).toContain(`did you mean "${meant}"?`);
    expect(message).not.toMatch(/wrong key|clock|unable to verify/);
    await world.submit({ operation });
    expect(world.simulator.calls.listApis).toBe(1);
  });

  it('so does one where the server does not list its commands, without a guess', async () => {
    world.simulator.inject('unavailable', { call: 'listApis' });
    const { outcome } = await world.submit({ operation: 'deployVirtualMachin' });
    expect(outcome).toMatchObject({
      kind: 'refused',
      error: { message: expect.stringMatching(/keys are right.*may not call$/) },
    });
  });

  it('a wrong key is still called one', async () => {
    const wrong = { ...world.simulator.secret, secretKey: 'wrong' };
    Object.defineProperty(world.secrets, 'stale', { get: () => wrong, set() {} });
    expect((await world.submit({ operation: 'deployVirtualMachin' })).outcome).toMatchObject({
      kind: 'unavailable',
      error: { code: '401', message: expect.stringContaining('wrong key') },
    });
    expect(world.simulator.calls.listApis).toBeUndefined();
  });

  it('says of a synchronous command that it was carried out', async () => {
    expect(
      (await world.submit({ operation: 'updateVirtualMachine', parameters: { id: 'vm-1' } })).outcome,
    ).toMatchObject({
      kind: 'refused',
      error: { code: 'not_asynchronous', outcomeUncertain: true },
    });
  });

  it.each([
    ['533', 'refused', true],
    ['534', 'refused', true],
    ['536', 'refused', true],
    ['532', 'refused', false],
    ['537', 'refused', false],
    ['432', 'refused', undefined],
    ['530', 'unknown', undefined],
    ['599', 'unknown', undefined],
    ['HTTP 502', 'unknown', undefined],
    ['HTTP 302', 'unavailable', false],
    ['HTTP 404', 'unavailable', false],
    ['HTTP 413', 'refused', false],
  ])('%s is %s, retryable %s', (code, kind, retryable) => {
    const outcome = submitFailure({ code, text: 'no', call: 'x at y', sent: true });
    expect(outcome.kind).toBe(kind);
    expect('error' in outcome && outcome.error.retryable).toBe(retryable);
  });

  it('CS-20 shows no secret in what it says, and no parameter in a URL', async () => {
    const body = { operation: 'deployVirtualMachine', parameters: { userdata: 'hunter2', zoneid: '' } };
    const { outcome } = await world.submit(body);
    expect(JSON.stringify(outcome)).not.toMatch(/hunter2|simulated-api-key/);
    expect(JSON.stringify(outcome)).not.toContain(world.simulator.secret.secretKey);
  });
});
