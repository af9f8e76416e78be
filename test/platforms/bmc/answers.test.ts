import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTerminal } from '../../../shared/job/job.ts';
import { findResponse } from '../../../shared/platforms/bmc/adapter-response.ts';
import { checkFailure } from '../../../shared/platforms/bmc/errors.ts';
import { outcomeOf, taskOf } from '../../../shared/platforms/bmc/mapping.ts';
import { envelope, FAILED, OBJECT_GONE, RUNNING, started, statusOf, taskInfo, VENDOR_SAMPLE } from './documents.ts';

const find = (value: string, name = 'adapter response') => findResponse([{ name, value }], 'adapter response');

/** What a look at `task` learns from this document. */
function learn(document: string, task = 'task-710') {
  const response = find(document);
  if (!response) return { kind: 'unreadable' };
  const told = taskOf(response, task, 'call');
  if (told.kind !== 'info') return told.kind === 'fault' ? checkFailure(told.fault) : told;
  const outcome = outcomeOf(told.info, 'call');
  return 'meaning' in outcome ? checkFailure(outcome) : outcome;
}

describe('samples of the fact sheet', () => {
  it('the vendor sample, asked for by its own id', () => {
    expect(learn(VENDOR_SAMPLE, 'task-2675')).toEqual({
      kind: 'observed',
      status: 'SUCCEEDED',
      progress: 100,
      startedAt: Date.parse('2009-05-27T08:26:34.250Z'),
      completedAt: Date.parse('2009-05-27T08:26:44.484Z'),
      // Queued at 08:26:34.234.
      tookSeconds: 10.25,
    });
  });

  it.each([
    ['queued', { status: 'QUEUED' }],
    ['RUNNING ', { status: 'RUNNING' }],
    ['success', { status: 'SUCCEEDED' }],
    ['error', { status: 'FAILED', error: { message: 'The task ended in error without saying why' } }],
  ])('state %s', (state, expected) => {
    expect(learn(statusOf(taskInfo(state)))).toMatchObject({ kind: 'observed', ...expected });
  });

  it('progress and the present phase', () => {
    expect(learn(RUNNING)).toMatchObject({ status: 'RUNNING', progress: 37, message: 'Copying virtual machine files' });
  });

  it('progress of 100 is no end, and none is not zero', () => {
    expect(learn(statusOf(taskInfo('running', '<progress>100</progress>')))).toMatchObject({ status: 'RUNNING' });
    expect(learn(statusOf(taskInfo('running')))).not.toHaveProperty('progress');
  });

  it("the platform's own fault, in the vocabulary of vSphere", () => {
    expect(learn(FAILED)).toMatchObject({
      status: 'FAILED',
      error: {
        code: 'InvalidPowerState',
        message: 'The attempted operation cannot be performed in the current state (Powered on).',
        retryable: false,
        details: { requestedState: 'poweredOn', alreadyInDesiredState: true },
      },
    });
  });

  it.each([
    ['inside fault', '<fault><HostNotConnected/></fault><localizedMessage>away</localizedMessage>'],
    [
      'with xsi:type',
      '<fault xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:type="HostNotConnected"/><localizedMessage>away</localizedMessage>',
    ],
    ['with the suffix of SOAP stacks', '<HostNotConnectedFault/><localizedMessage>away</localizedMessage>'],
    [
      'inside LocalizedMethodFault',
      '<LocalizedMethodFault><fault><HostNotConnected/></fault><localizedMessage>away</localizedMessage></LocalizedMethodFault>',
    ],
    ['as bare text', 'com.vmware.vim25.HostNotConnected: away'],
  ])('an error %s', (_what, error) => {
    expect(learn(statusOf(taskInfo('error', `<error>${error}</error>`)))).toMatchObject({
      status: 'FAILED',
      error: { code: 'HostNotConnected', message: expect.stringContaining('away'), retryable: true },
    });
  });

  it('an unknown or empty state is no state', () => {
    for (const state of ['paused', '']) {
      expect(learn(statusOf(taskInfo(state)))).toMatchObject({ kind: 'transient', code: 'UnknownState' });
    }
  });

  it('an empty returnval is a candidate for not-found', () => {
    const empty = envelope('<RetrieveTaskStatusResponse><returnval/></RetrieveTaskStatusResponse>');
    expect(learn(empty)).toMatchObject({ kind: 'absent' });
  });

  it('an answer of another kind is none', () => {
    expect(learn(envelope('<SomethingElseResponse/>'))).toMatchObject({ kind: 'transient', code: 'NotATaskStatus' });
  });
});

describe('BMC-B1 three things called status', () => {
  const OTHERS =
    '<result><state>error</state><status>error</status><Task>task-9</Task><name>x</name></result><TaskReasonAlarm><alarm>a</alarm><alarmName>n</alarmName><entity><state>queued</state></entity><entityName>other</entityName></TaskReasonAlarm>';

  it('reads the state by its path, wherever else the word stands', () => {
    expect(learn(statusOf(taskInfo('success', OTHERS)))).toMatchObject({ status: 'SUCCEEDED' });
    expect(learn(statusOf(taskInfo('success').replace('<state>', `${OTHERS}<state>`)))).toMatchObject({
      status: 'SUCCEEDED',
    });
  });

  it('success of the adapter with an error of the task is a failed task', () => {
    expect(learn(FAILED)).toMatchObject({ kind: 'observed', status: 'FAILED' });
  });

  it('an error of the adapter says nothing about the task', () => {
    const metadata = '<status>error</status><error>Something broke</error>';
    expect(learn(envelope('', metadata))).toMatchObject({ kind: 'transient', code: 'AdapterError' });
    expect(learn(envelope(taskInfo('error'), metadata))).toMatchObject({ kind: 'transient' });
  });

  it.each(['Success', ' SUCCESS '])('metadata status "%s" is success', (status) => {
    expect(learn(RUNNING.replace('<status>success', `<status>${status}`))).toMatchObject({ status: 'RUNNING' });
  });

  it('a warning is a failure, unless it comes with the task', () => {
    expect(learn(RUNNING.replace('<status>success', '<status>warning'))).toMatchObject({ status: 'RUNNING' });
    expect(learn(envelope('', '<status>warning</status><message>hm</message>'))).toMatchObject({ kind: 'transient' });
  });
});

describe('BMC-B2 the answer must be about the task that was asked for', () => {
  it.each([
    ["the vendor's sample", VENDOR_SAMPLE, 'task-525'],
    ['one wrong key', statusOf(taskInfo('success').replace('<key>task-710', '<key>task-9')), 'task-710'],
    ['one wrong Task inside', statusOf(taskInfo('success').replace('<Task>task-710', '<Task>task-9')), 'task-710'],
    ['one wrong Task beside', statusOf(taskInfo('success'), 'task-9'), 'task-710'],
    ['no id at all', envelope('<r><TaskInfo><state>success</state></TaskInfo></r>'), 'task-710'],
    ['a started task instead', started('task-9'), 'task-710'],
  ])('%s', (_what, document, task) => {
    expect(learn(document, task)).toMatchObject({ kind: 'transient', code: 'OtherTask' });
  });

  it('one id is enough, if there are no others', () => {
    const info = '<TaskInfo><key> task-710 </key><state>success</state></TaskInfo>';
    expect(learn(envelope(`<r><returnval><propSet>${info}</propSet></returnval></r>`))).toMatchObject({
      status: 'SUCCEEDED',
    });
  });
});

describe('BMC-B3 cancelled says that a cancel was requested', () => {
  const CANCELLED = '<cancelled>true</cancelled>';
  it.each([
    ['running', 'running', CANCELLED, { status: 'RUNNING', message: 'A cancel was requested' }],
    ['it came too late', 'success', '<cancelled>1</cancelled>', { status: 'SUCCEEDED' }],
    [
      'another fault',
      'error',
      `${CANCELLED}<error><HostCommunication/><localizedMessage>x</localizedMessage></error>`,
      { status: 'FAILED', error: { code: 'HostCommunication' } },
    ],
    [
      'RequestCanceled',
      'error',
      '<error><RequestCanceled/></error>',
      { status: 'CANCELED', error: { code: 'RequestCanceled' } },
    ],
    [
      'the text of a cancel, without a name',
      'error',
      '<error><localizedMessage>The task was cancelled by a user.</localizedMessage></error>',
      { status: 'CANCELED' },
    ],
    ['no fault in the answer', 'error', CANCELLED, { status: 'CANCELED', error: { details: { assumed: true } } }],
    ['no fault and no cancel', 'error', '<cancelled>false</cancelled>', { status: 'FAILED' }],
  ])('%s', (_what, state, more, expected) => {
    expect(learn(statusOf(taskInfo(state, more)))).toMatchObject({ kind: 'observed', ...expected });
  });
});

describe('BMC-B7 XML in JSON in XML', () => {
  const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const named = started('task-1').replace('<Task>', '<name>R&amp;D-web</name><Task>');

  it.each([
    ['as it is', named],
    ['inside result', `<result>${named}</result>`],
    ['escaped inside result', `<result>${escaped(named)}</result>`],
    ['escaped as a whole', escaped(named)],
    ['in CDATA', `<result><![CDATA[${named}]]></result>`],
    ['with a declaration and blanks', `\uFEFF \n<?xml version="1.0" encoding="UTF-8"?>\n ${named} \n`],
  ])('finds the document %s', (_how, value) => {
    expect(find(value)?.tasks).toEqual(['task-1']);
  });

  it('does not unescape what is only text: a name with an entity survives', () => {
    const message = '<message>no &amp;lt;TaskInfo&amp;gt; R&amp;amp;D</message>';
    const document = envelope('', `<status>error</status>${message}`);
    expect(find(document)?.explanation).toBe('no &lt;TaskInfo&gt; R&amp;D');
    expect(find(`<result>${escaped(document)}</result>`)?.explanation).toBe('no &lt;TaskInfo&gt; R&amp;D');
  });

  it('twice escaped is not found', () => {
    expect(find(`<result>${escaped(escaped(named))}</result>`)).toBeUndefined();
  });
});

describe('BMC-B8 the parser', () => {
  it('refuses a DOCTYPE', () => {
    expect(find(`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${RUNNING}`)).toBeUndefined();
  });

  it('ignores namespaces and prefixes', () => {
    const prefixed = RUNNING.replace(/<(\/?)(?=\w)/g, '<$1v:').replace('-response>', '-response xmlns:v="urn:x">');
    expect(prefixed).toContain('<v:vmware-infrastructure-response xmlns:v="urn:x"><v:metadata>');
    expect(learn(prefixed)).toMatchObject({ status: 'RUNNING' });
  });

  it('an ill-formed document is unreadable, as the printed samples without their opening tag', () => {
    expect(find(RUNNING.replace('<vmware-infrastructure-response>', ''))).toBeUndefined();
  });
});

describe('BMC-B9 times', () => {
  it.each(['', '.2', '.234375', '.123456789'])('takes fraction "%s"', (fraction) => {
    const info = taskInfo('success', `<startTime>2025-05-22T10:00:01${fraction}Z</startTime>`);
    const outcome = learn(statusOf(info)) as { startedAt: number };
    expect(Math.floor(outcome.startedAt / 1000)).toBe(Date.parse('2025-05-22T10:00:01Z') / 1000);
  });

  it('leaves out what is no time', () => {
    const info = taskInfo('success', '<startTime>Wed Dec 31 17:59:59 CST 1969</startTime>');
    expect(learn(statusOf(info))).not.toHaveProperty('startedAt');
  });
});

describe('BMC-B12 the entity', () => {
  it.each(['HostSystem', 'Folder', 'VirtualMachine'])('may be a %s and is locked twice', (type) => {
    const entity = `<${type}>dup</${type}><${type}>dup</${type}>`;
    const info = taskInfo('running').replace('<VirtualMachine>web01</VirtualMachine>', entity);
    const outcome = learn(statusOf(info));
    expect(outcome).toMatchObject({ status: 'RUNNING' });
    // Its value is a display name, which is no id: it is never shown as a resource.
    expect(outcome).not.toHaveProperty('resource');
  });
});

describe('which output counts', () => {
  it('the one that the connection names', () => {
    const outputs = [
      { name: 'adapter request echo', value: started('task-1') },
      { name: ' Adapter Response', value: started('task-2') },
    ];
    expect(findResponse(outputs, 'adapter response')?.tasks).toEqual(['task-2']);
    expect(findResponse([outputs[0]!], 'adapter response')?.tasks).toEqual(['task-1']);
    expect(findResponse([outputs[0]!, { name: 'adapter response', value: '' }], 'adapter response')).toBeUndefined();
  });
});

describe('properties', () => {
  const words = ['task-710', 'success', 'error', 'running', 'true', OBJECT_GONE, '37', '&lt;Task&gt;', ''];
  const names = ['Task', 'TaskInfo', 'key', 'state', 'error', 'metadata', 'status', 'returnval', 'result', 'cancelled'];
  const tree = fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(...words),
      fc
        .tuple(fc.constantFrom(...names), fc.array(tie('node'), { maxLength: 4 }))
        .map(([name, inner]) => `<${name}>${inner.join('')}</${name}>`),
    ),
  })).node;

  it('never throws, whatever the value', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          tree.map((it) => envelope(it)),
          tree.map((it) => envelope('', it)),
          fc.string(),
        ),
        (value) => {
          expect(learn(value)).toHaveProperty('kind');
        },
      ),
    );
  });

  it('is terminal only by the state of the very task', () => {
    const state = fc.constantFrom('queued', 'running', 'success', 'error', 'paused', '');
    const task = fc.constantFrom('task-710', 'task-9');
    const status = fc.constantFrom('success', 'error', 'warning', '');
    fc.assert(
      fc.property(state, task, task, status, tree, (word, beside, inside, adapterStatus, noise) => {
        const document = statusOf(taskInfo(word, '', inside), beside)
          .replace('<status>success', `<status>${adapterStatus}`)
          .replace('<propSet>', `<propSet><noise>${noise.replaceAll('Task', 'T')}</noise>`);
        const outcome = learn(document);
        const isOver = outcome.kind === 'observed' && 'status' in outcome && isTerminal(outcome.status as 'FAILED');
        const may =
          ['success', 'error'].includes(word) &&
          beside === 'task-710' &&
          inside === 'task-710' &&
          adapterStatus !== 'error';
        expect(isOver).toBe(may);
      }),
    );
  });

  it('a name of a VM survives every wrapping', () => {
    const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    const printable = fc.string({ unit: 'grapheme-ascii' }).map((it) => `x${it.trim()}x`.replace(/\s+/g, ' '));
    fc.assert(
      fc.property(printable, (name) => {
        const document = envelope('', `<status>error</status><error>${escaped(name)}</error>`);
        for (const value of [document, `<result>${document}</result>`, `<result>${escaped(document)}</result>`]) {
          expect(find(value)?.explanation).toBe(name.slice(0, 1000));
        }
      }),
    );
  });
});
