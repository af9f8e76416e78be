import { describe, expect, it } from 'vitest';
import { entry, idsOf, jobFor, machine, type Said, scripted, signal } from './rig.ts';

const REQUEST = { operation: 'requestMachines', template: { templateId: 'T1', machineCount: 3 } };
const GIVE_BACK = { operation: 'requestReturnMachines', machines: [{ machineId: 'i-1', name: 'h1' }] };

/** The message of each of the scripts, when this is what it prints. */
const EVERY_SCRIPT: [string, (said: Said, options?: object) => Promise<string>][] = [
  [
    'getRequestStatus',
    async (said, options) => JSON.stringify(await scripted(() => said, options as never).look(jobFor('r-1'))),
  ],
  [
    'requestMachines',
    async (said, options) => JSON.stringify(await scripted(() => said, options as never).submit(REQUEST)),
  ],
  [
    'requestReturnMachines',
    async (said, options) => JSON.stringify(await scripted(() => said, options as never).submit(GIVE_BACK)),
  ],
  [
    'getAvailableTemplates',
    async (said, options) => JSON.stringify(await scripted(() => said, options as never).connection.probe!({ signal })),
  ],
];

describe.each(EVERY_SCRIPT)('the reason that %s gives for its failure is told', (script, messageOf) => {
  it.each<[string, Said, string[]]>([
    [
      "a validator's words, with a piece of Python in them",
      {
        exitCode: 1,
        stdout: "1 validation error for Request\nrequestId\n  Input should be a string [input_value={'requestId': 5}]",
      },
      ['1 validation error for Request', "input_value={'requestId': 5}"],
    ],
    ['stderr', { exitCode: 1, stderr: 'Traceback (most recent call last):\nKeyError: region' }, ['KeyError: region']],
    [
      'both',
      { exitCode: 1, stdout: 'could not read', stderr: 'KeyError: region' },
      ['could not read', 'KeyError: region'],
    ],
    ['with exit 0', 'Segmentation fault', ['Segmentation fault']],
    ['exit 127', { exitCode: 127, stderr: 'python2: command not found' }, ['python2: command not found']],
    ['killed', { exitCode: 137, stderr: 'Out of memory: Killed process 4711' }, ['Killed process 4711']],
    [
      'a message in JSON',
      { exitCode: 1, stdout: '{"requestId":null,"message":"no subnet is left"}' },
      ['no subnet is left'],
    ],
    [
      'an error in JSON',
      { exitCode: 1, stdout: '{"error":{"code":"E7","message":"no subnet is left"}}' },
      ['no subnet is left'],
    ],
    [
      'an error beside a message',
      { exitCode: 2, stdout: '{"error":"Bad input","message":"no file"}' },
      ['Bad input', 'no file'],
    ],
    [
      'errors',
      { exitCode: 1, stdout: '{"success":false,"errorMessage":"no subnet","details":["a","b"]}' },
      ['no subnet', 'a; b'],
    ],
    [
      'JSON and stderr',
      { exitCode: 1, stdout: '{"message":"failed"}', stderr: 'KeyError: region' },
      ['failed', 'KeyError: region'],
    ],
    [
      'below half of a document',
      { exitCode: 1, stdout: 'DEBUG {"Filters": [{"a": "b…\nValueError: boom' },
      ['ValueError: boom'],
    ],
    ['in colors', { exitCode: 1, stdout: '\u001b[31mValueError: boom\u001b[0m' }, ['ValueError: boom']],
    [
      'of a run that Systems Manager ended',
      {
        kind: 'failed',
        code: 'ExecutionTimedOut',
        message: 'command c',
        started: true,
        over: true,
        stderr: 'waiting for the lock',
      },
      ['command c', 'waiting for the lock'],
    ],
  ])('%s', async (_, said, words) => {
    const message = await messageOf(said);
    for (const word of words) expect(message).toContain(JSON.stringify(word).slice(1, -1));
    expect(message).toContain(`${script}.sh`);
  });

  it('without secrets, and they are taken out before anything is cut', async () => {
    const secret = 'hunter2-hunter2-hunter2';
    // The end of the secret is where a text is cut.
    for (const length of [300, 345, 350, 355, 360, 640, 650, 660, 990, 1040, 1050, 2930, 2990]) {
      const stdout = `${'x'.repeat(length)} ${secret} ${'y'.repeat(5000)}`;
      const message = await messageOf({ exitCode: 1, stdout }, { environment: { PROVIDER_PASSWORD: secret } });
      for (let at = 0; at + 6 <= secret.length; at++) expect(message).not.toContain(secret.slice(at, at + 6));
    }
  });

  it.each([
    'password=hunter2hunter2',
    "{'api_token': 'hunter2hunter2'}",
    'Authorization: Bearer hunter2hunter2',
    'login at https://admin:hunter2hunter2@cloud.example.com/v1 failed',
    '"client_secret" : "hunter2hunter2"',
    'az login --password hunter2hunter2',
    'az login -u admin -p hunter2hunter2',
    'the password is hunter2hunter2',
    'client_secret hunter2hunter2 was not taken',
    'GET https://x.example.com/?sig=hunter2hunter2&se=1',
    'GET /?X-Amz-Signature=hunter2hunter2&X-Amz-Date=1',
    'Cookie: a=1; session=hunter2hunter2',
    'AccountKey=hunter2hunter2;EndpointSuffix=core',
    'token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.hunter2hunter2',
    '-----BEGIN RSA PRIVATE KEY-----\nhunter2hunter2\n-----END RSA PRIVATE KEY-----',
    '-----BEGIN PRIVATE KEY-----\nhunter2hunter2',
  ])('without what is named like a secret: %s', async (stdout) => {
    expect(await messageOf({ exitCode: 1, stdout: `Error: ${stdout}` })).not.toContain('hunter2');
  });

  it.each(['password is wrong', 'the token has expired', 'a secret is missing: run setup', 'password must be set'])(
    'a sentence about a secret stays: %s',
    async (stdout) => expect(await messageOf({ exitCode: 1, stdout })).toContain(stdout),
  );

  it('within bounds', async () => {
    const said = { exitCode: 1, stdout: 'first '.repeat(100_000), stderr: 'last '.repeat(100_000) };
    expect((await messageOf(said)).length).toBeLessThan(2_000);
  });
});

describe('nothing of one request is told of another', () => {
  it.each([
    ['an answer that is broken in its middle', (text: string) => text.replace('{', ' ')],
    ['without its quotes', (text: string) => text.replace('"requests"', 'requests')],
    ['as a dictionary of Python', (text: string) => text.replaceAll('"', "'")],
    ['cut off', (text: string) => text.slice(0, -20)],
  ])('%s', async (_, spoil) => {
    const ids = ['r-first', 'r-second'];
    const { connection } = scripted(() => ({
      exitCode: 1,
      stdout: spoil(
        JSON.stringify({ status: 'x', requests: ids.map((id) => entry(id, '', [machine(`m-${id}`, 'x')])) }),
      ),
    }));
    const jobs = ids.map((id) => jobFor(id));
    const outcomes = await connection.check(jobs, { signal });
    expect(JSON.stringify(outcomes.get(jobs[0]!.id))).not.toContain('r-second');
    expect(JSON.stringify(outcomes.get(jobs[1]!.id))).not.toContain('r-first');
  });
});

describe('a submit is refused only where the script shows that nothing was ordered', () => {
  it.each<[string, Said]>([
    ['its own database', { exitCode: 1, stdout: 'Error: database is locked' }],
    ['as JSON', { exitCode: 1, stdout: '{"error":true,"message":"(sqlite3.OperationalError) database is locked"}' }],
    ['on stderr', { exitCode: 1, stdout: 'Error: failed', stderr: 'sqlite3.OperationalError: database is locked' }],
    [
      'below a traceback',
      { exitCode: 1, stdout: 'Traceback (most recent call last):\nOperationalError: database is locked' },
    ],
    ['its state file', { exitCode: 1, stdout: 'Error: could not save request state: [Errno 13]' }],
    ['a full disk', { exitCode: 1, stdout: 'OSError: [Errno 28] No space left on device' }],
    [
      'a connection',
      { exitCode: 1, stdout: "('Connection aborted.', RemoteDisconnected('Remote end closed connection'))" },
    ],
    ['a time-out', { exitCode: 1, stdout: 'Read timed out. (read timeout=60)' }],
    ['an error of the cloud itself', { exitCode: 1, stdout: 'Error Code: InternalError' }],
    ['words that nobody knows', { exitCode: 1, stdout: 'Error: something odd' }],
    ['words in JSON that nobody knows', { exitCode: 3, stdout: '{"message":"something odd"}' }],
    ['machines that were made before', { exitCode: 1, stdout: 'Launched 2 instances, then: UnauthorizedOperation' }],
    ['a machine by its id', { exitCode: 1, stdout: 'Created i-0abc1234; validation of its tags failed' }],
    ['a fleet', { exitCode: 1, stdout: 'Fleet fleet-1 was created. Error: Invalid template tag' }],
    ['machines in JSON', { exitCode: 1, stdout: '{"error":"2 VMs have been provisioned; Error Code: AccessDenied"}' }],
    ['with exit 0', { exitCode: 0, stdout: '{"message":"database is locked"}' }],
  ])('%s: unknown', async (_, said) => {
    for (const body of [REQUEST, GIVE_BACK])
      expect(await scripted(() => said).submit(body)).toMatchObject({
        kind: 'unknown',
        error: { outcomeUncertain: true },
      });
  });

  it.each<[string, Said, boolean | undefined]>([
    ['a wrong template', { exitCode: 1, stdout: 'Error: The template does not exist.' }, false],
    ['a wrong input', { exitCode: 1, stdout: 'Error: Error while loading json payload at /tmp/x' }, false],
    ['no permission', { exitCode: 1, stdout: 'Error Code: UnauthorizedOperation' }, false],
    [
      'no room',
      { exitCode: 1, stdout: '{"requestId":null,"message":"Error Code: InsufficientInstanceCapacity"}' },
      true,
    ],
    ['too many calls', { exitCode: 1, stdout: 'Error Code: RequestLimitExceeded' }, true],
    ['no machine was made', { exitCode: 1, stdout: 'Error Code: Denied: no instances were launched' }, undefined],
    ['a machine could not be made', { exitCode: 1, stdout: 'Error Code: Denied: VM could not be created' }, undefined],
    ['0 machines', { exitCode: 1, stdout: 'Invalid template: 0 instances created' }, false],
    ['not set up', { exitCode: 1, stdout: 'ERROR: Could not find venv at /opt/x' }, false],
    ['the cloud said no', { message: 'Request Spot Instance on awsinst EC2 failed.' }, undefined],
  ])('%s: refused', async (_, said, retryable) => {
    const outcome = await scripted(() => said).submit(REQUEST);
    expect(outcome).toMatchObject({ kind: 'refused' });
    expect((outcome as { error: { retryable?: boolean } }).error.retryable).toBe(retryable);
  });

  it('an id that comes with the failure of the provider itself is followed: polls tell what was ordered', async () => {
    const said = { requestId: 'r-1', status: 'complete_with_error', message: 'database is locked' };
    const { submit, look } = scripted((script, input) =>
      script === 'requestMachines'
        ? said
        : { requests: idsOf(input).map((id) => entry(id, 'running', [machine('i-1', 'executing')])) },
    );
    expect(await submit(REQUEST)).toMatchObject({ kind: 'accepted', platformJobId: 'r-1' });
    expect(await look(jobFor('r-1'))).toMatchObject({ status: 'RUNNING' });
  });
});
