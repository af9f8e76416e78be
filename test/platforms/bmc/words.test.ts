import { describe, expect, it } from 'vitest';
import { adapter } from '../../../shared/platforms/bmc/index.ts';
import { envelope, started, statusOf, taskInfo } from './documents.ts';
import { POWER_OFF, signal } from './rig.ts';
import { connectionOf, outputs, scripted } from './scripted.ts';

const no = (text: string) => outputs(envelope('', `<status>error</status><error>${text}</error>`));
const submitVia = (answer: ReturnType<typeof outputs>, options = {}) =>
  connectionOf(
    scripted(() => answer),
    options,
  ).submit(POWER_OFF, undefined, { signal });
const pollVia = async (answer: ReturnType<typeof outputs>) => {
  const job = { id: 'j', operation: 'op', createdAt: 0, handle: { adapter: 'VMwareInfra', task: 'task-710' } };
  return (await connectionOf(scripted(() => answer)).check([job], { signal })).get('j')!;
};

describe("vCenter's sentences without the type of the fault", () => {
  it.each([
    ['The session is not authenticated.', 'unavailable', 'NotAuthenticated'],
    ['Failed to execute Power_Off_VM: The session is not authenticated.', 'unavailable', 'NotAuthenticated'],
    ['Cannot complete login due to an incorrect user name or password.', 'unavailable', 'InvalidLogin'],
    ['Permission to perform this operation was denied.', 'refused', 'NoPermission'],
    ['The operation is not allowed in the current state.', 'refused', 'InvalidState'],
    ['The attempted operation cannot be performed in the current state (Powered on).', 'refused', 'InvalidPowerState'],
    ["The name 'web09' already exists.", 'refused', 'DuplicateName'],
    ['Another task is already in progress.', 'refused', 'TaskInProgress'],
    ['A specified parameter was not correct: spec.location', 'refused', 'InvalidArgument'],
    ['A specified parameter was not correct.', 'refused', 'InvalidArgument'],
    ['The operation is not supported on the object.', 'refused', 'NotSupported'],
    [
      "The object 'vim.VirtualMachine:vm-12' has already been deleted or has not been completely created",
      'refused',
      'ManagedObjectNotFound',
    ],
    ['Unable to communicate with the remote host, since it is disconnected.', 'unavailable', 'HostNotConnected'],
    ["The method is disabled by 'com.vmware.vcHms'.", 'unavailable', 'MethodDisabled'],
    ['THE SESSION IS NOT AUTHENTICATED', 'unavailable', 'NotAuthenticated'],
    ['Login failed due to a bad username or password.', 'unavailable', 'InvalidLogin'],
    ['Incorrect user name or password.', 'unavailable', 'InvalidLogin'],
    ['Error: the name web09 already exists.', 'refused', 'DuplicateName'],
    ["The name 'a' in folder 'b' already exists.", 'refused', 'DuplicateName'],
    ["The name 'O'Brien' already exists.", 'refused', 'DuplicateName'],
    ['The operation is not allowed in the current connection state of the host.', 'refused', 'InvalidState'],
    ['The virtual machine has a question pending: overwrite?', 'refused', 'QuestionPending'],
    ['The requested operation is not implemented by the server.', 'refused', 'NotImplemented'],
    ['There is not enough licenses for this', 'refused', 'NotEnoughLicenses'],
    [
      'The available Memory resources in the parent resource pool are insufficient for the operation.',
      'refused',
      'InsufficientResourcesFault',
    ],
    ['com.vmware.vim25.InvalidStateFaultMsg: see details', 'refused', 'InvalidState'],
    ['A general system error occurred: file not found', 'unknown', 'SystemError'],
    ['A general system error occurred: The session is not authenticated.', 'unavailable', 'NotAuthenticated'],
  ])('%s on a submit is %s (%s)', async (text, kind, code) => {
    expect(await submitVia(no(text))).toMatchObject({ kind, error: { code } });
  });

  it.each([
    ["The name 'NotFound' already exists.", 'DuplicateName'],
    ["The name 'The session is not authenticated.' already exists.", 'DuplicateName'],
    ["The name 'certificate-server' already exists.", 'DuplicateName'],
    ["com.vmware.vim25.InvalidStateFault: The name 'x' already exists.", 'InvalidState'],
  ])('%s: what users named decides nothing (%s)', async (text, code) => {
    expect(await submitVia(no(text))).toMatchObject({ kind: 'refused', error: { code } });
  });

  it('a task that can be tried again later says so', async () => {
    expect(await submitVia(no('Another task is already in progress.'))).toMatchObject({ error: { retryable: true } });
  });
});

describe('"not found" on a poll for a task', () => {
  it.each([
    "com.vmware.vim25.ManagedObjectNotFound: The object 'vim.VirtualMachine:vm-12' has already been deleted or has not been completely created",
    'ManagedObjectNotFound: type = VirtualMachine, value = vm-12',
    'managed object not found: HostSystem:host-21',
    "The object 'vim.TaskManager:TaskManager' has already been deleted or has not been completely created",
    "The object 'vim.Task:task-999' has already been deleted or has not been completely created",
    "The object 'vim.VirtualMachine:12' has already been deleted or has not been completely created",
    'ManagedObjectNotFound: (VirtualMachine) { type = VirtualMachine, value = 12 }',
    "The object 'vim.VirtualMachine:TestDev' has already been deleted or has not been completely created",
    'The object datacenter-2 has already been deleted or has not been completely created',
    'The object vim.Task:task-7100 has already been deleted or has not been completely created',
    "The object 'vim.Task:haTask-12-vim.VirtualMachine.powerOn-99' has already been deleted or has not been completely created",
  ])('of another object loses no job: %s', async (text) => {
    expect(await pollVia(no(text))).toMatchObject({ kind: 'transient', code: 'ManagedObjectNotFound' });
  });

  it.each([
    "com.vmware.vim25.ManagedObjectNotFound: The object 'vim.Task:task-710' has already been deleted or has not been completely created",
    'com.vmware.vim25.ManagedObjectNotFound: The object has already been deleted or has not been completely created',
    'managed object not found: Task:task-710',
    'The object has already been deleted or has not been completely created',
    'ManagedObjectNotFound:The object has already been deleted or has not been completely created',
    'Code:404 managed object not found',
  ])('of the task itself, or of what is not named, is: %s', async (text) => {
    expect(await pollVia(no(text))).toMatchObject({ kind: 'not_found' });
  });
});

describe('a failure of the adapter is told with all that its document says', () => {
  const why = async (metadata: string, inner = '') => {
    const outcome = await submitVia(outputs(envelope(inner, `<status>error</status>${metadata}`)));
    return (outcome as unknown as { error: { message: string } }).error.message.replace(
      /^.*?: (the adapter failed: )?/,
      '',
    );
  };

  it.each([
    ['<error>Clone failed.</error><message>The disk is attached.</message>', 'Clone failed. The disk is attached.'],
    ['<message>Clone failed</message><details>Disk 2 is locked.</details>', 'Clone failed: Disk 2 is locked.'],
    ['<errors><error>One.</error><error>Two.</error></errors>', 'One. Two.'],
    ['<error>One.</error><error>Two.</error>', 'One. Two.'],
    ['<error>One.</error><message>One.</message>', 'One.'],
    ['<error-description>Why.</error-description>', 'Why.'],
    ['<error-code>17</error-code><error-message>Why.</error-message>', 'Why.'],
    ['<fault><faultstring>Why.</faultstring></fault>', 'Why.'],
    ['<reason>Why.</reason>', 'Why.'],
  ])('%s', async (metadata, text) => {
    expect(await why(metadata)).toBe(text);
  });

  it('also where it stands in the metadata of a single answer', async () => {
    const inner =
      '<responses><response><metadata><status>error</status><error>Why.</error></metadata></response></responses>';
    expect(await why('<response-count>1</response-count>', inner)).toBe('Why.');
  });

  it('up to 2,000 characters', async () => {
    const text = `${'A sentence that goes on. '.repeat(70)}END`;
    expect(await why(`<error>${text}</error>`)).toBe(text);
  });
});

describe('a server that was restarted on the way to the task', () => {
  it.each([
    'process terminated by shutdown',
    'Peer AP1 was restarted; adapter VMwareInfra not available',
    'The adapter was stopped because the peer is shutting down',
    'com.vmware.vim25.RequestCanceled: vpxd is shutting down',
    'The Orchestrator is going down, call refused',
    'vCenter Server restart',
    'Interrupted by a restart of the grid',
    'hostd crashed',
  ])('leaves it open whether the task was started: %s', async (text) => {
    expect(await submitVia(no(text))).toMatchObject({ kind: 'unknown', error: { outcomeUncertain: true } });
    expect(await pollVia(no(text))).toMatchObject({ kind: 'transient' });
  });

  it.each([
    'process terminated by shutdown',
    'vpxd restarted',
    'The peer was stopped.',
    'Canceled due to a vCenter restart',
  ])('leaves the outcome of a task that ended with it uncertain: %s', async (text) => {
    const info = taskInfo('error', `<cancelled>false</cancelled><error>${text}</error>`);
    expect(await pollVia(outputs(statusOf(info)))).toMatchObject({
      kind: 'observed',
      status: 'FAILED',
      error: { outcomeUncertain: true },
    });
  });
});

describe('an answer without an adapter response says why, and what to do', () => {
  const messageOf = async (answer: ReturnType<typeof outputs>) => {
    const polled = await pollVia(answer);
    const submitted = await submitVia(answer);
    expect(polled).toMatchObject({ kind: 'transient' });
    expect(submitted).toMatchObject({ kind: 'unknown' });
    return [
      (polled as { message: string }).message,
      (submitted as unknown as { error: { message: string } }).error.message,
    ];
  };

  it('an error with HTTP 200 is told in its own words', async () => {
    for (const body of [
      '{"errorCode":"AO-1234","errorMessage":"Process :VMware:Call_Adapter is not active"}',
      '{"error":{"code":7,"message":"Process :VMware:Call_Adapter is not active"}}',
      '{"message":"Process :VMware:Call_Adapter is not active"}',
    ]) {
      for (const message of await messageOf({ body })) {
        expect(message).toContain('an error in an answer with HTTP 200');
        expect(message).toContain('Process :VMware:Call_Adapter is not active');
      }
    }
  });

  it("the workflow's own status and message in the right output are told, and the name of the output is not blamed", async () => {
    for (const value of [
      '<result><status>failed</status><message>Peer AP2 has no grid connection</message></result>',
      '{"status":"failed","message":"Peer AP2 has no grid connection"}',
      'ERROR: Peer AP2 has no grid connection',
    ]) {
      for (const message of await messageOf(outputs(value))) {
        expect(message).toContain('Peer AP2 has no grid connection');
        expect(message).not.toContain('must name');
      }
    }
  });

  it('a document that is cut is called so', async () => {
    const whole = started('task-1');
    for (const message of await messageOf(outputs(whole.slice(0, 80)))) {
      expect(message).toMatch(/cut or not well-formed.*its end is missing/);
      expect(message).not.toContain('must name');
    }
  });

  it('a document that is not well-formed is called so, with the reason', async () => {
    const whole = started('task-1').replace('</metadata>', '');
    for (const message of await messageOf(outputs(whole))) {
      expect(message).toMatch(/cut or not well-formed.*cannot be read/);
    }
  });

  it('an output that is not there is told with those that are', async () => {
    const body = JSON.stringify([{ name: 'log', value: 'fine' }]);
    for (const message of await messageOf({ body })) expect(message).toMatch(/there are "log".*must name/);
  });

  it('an empty output is called empty', async () => {
    for (const message of await messageOf(outputs(' '))) expect(message).toContain('"adapter response" is empty');
  });
});

describe('a fault of ORCA', () => {
  const fault = (text: string, code = 'soapenv:Server') => ({
    status: 500,
    body: `<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><S:Fault><faultcode>${code}</faultcode><faultstring>${text}</faultstring></S:Fault></S:Body></S:Envelope>`,
  });
  const orca = { protocol: 'orca', gridName: 'G' };

  it.each([
    ['Activity Send Mail failed: SMTP authentication failure for relay.example.com'],
    ['vCenter authentication failed for user svc-vc at vc01.example.com'],
    ['Process failed: remote grid answered: Authentication of Username Password Token Failed'],
    ['LDAP: error code 49 - authentication failed'],
    ['Authentication failed for user svc-vc.'],
    ['Login failed for user op at vc01.example.com'],
    ['Activity Read Mail: invalid credentials'],
  ])('that speaks of the authentication at another system lets our password go on: %s', async (text) => {
    const http = scripted(() => fault(text));
    const connection = connectionOf(http, orca);
    for (let n = 0; n < 3; n++) {
      expect(await connection.submit(POWER_OFF, undefined, { signal })).toMatchObject({
        kind: 'unknown',
        error: { code: 'SoapFault' },
      });
    }
    expect(http.asked).toHaveLength(3);
  });

  it.each([
    ['Authentication of Username Password Token Failed', undefined],
    ['com.bmc.ao.AuthException: Authentication of Username Password Token Failed', undefined],
    ['Username Password Token Authentication failed', undefined],
    ['Authentication failed.', undefined],
    ["Authentication failed for user 'op'.", undefined],
    ['Login failed for OP', undefined],
    ['Invalid username/password', undefined],
    ['Bad credentials', undefined],
    ['The user name or password is incorrect.', undefined],
    ['something', 'wsse:FailedAuthentication'],
  ])('that refuses our own lets it rest: %s', async (text, code) => {
    const http = scripted(() => fault(text, code));
    const connection = connectionOf(http, orca);
    for (let n = 0; n < 3; n++) {
      expect(await connection.submit(POWER_OFF, undefined, { signal })).toMatchObject({
        kind: 'unavailable',
        error: { code: 'AuthenticationFailed' },
      });
    }
    expect(http.asked).toHaveLength(1);
  });
});

describe('a time-out longer than a submit has', () => {
  const options = { url: 'https://cdp.example.com/baocdp/rest', secret: 's', process: ':P', adapter: 'A' };
  it.each([{}, { mode: 'sync' }])(
    'is refused with %o when the connections are read, and async is recommended',
    (more) => {
      const parsed = adapter.options.safeParse({ ...options, ...more, requestTimeoutSeconds: 25 });
      expect(parsed.success).toBe(false);
      const [issue] = parsed.error!.issues;
      expect(issue!.path).toEqual(['requestTimeoutSeconds']);
      expect(issue!.message).toMatch(/at most 20 .*"mode": "async"/);
    },
  );
  it.each([
    { mode: 'sync', requestTimeoutSeconds: 20 },
    { mode: 'async', requestTimeoutSeconds: 60 },
  ])('is taken with %o', (more) => {
    expect(adapter.options.safeParse({ ...options, ...more }).success).toBe(true);
  });
});
