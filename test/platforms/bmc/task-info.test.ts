import { describe, expect, it } from 'vitest';
import { taskInfoOfAdapter } from '../../../shared/platforms/bmc/task-info.ts';
import { observationOf } from '../../../shared/platforms/vsphere/mapping.ts';
import { taskInfoFromXml } from '../../../shared/platforms/vsphere/task-info.ts';
import { parseXml } from '../../../shared/xml/parse.ts';
import { taskInfo } from './documents.ts';

const read = (document: string) => taskInfoOfAdapter(parseXml(document));

describe("the adapter's TaskInfo", () => {
  it("in vSphere's own shape", () => {
    expect(read(taskInfo('running', '<cancelled>TRUE</cancelled><cancelable>1</cancelable>'))).toEqual({
      key: 'task-710',
      task: { type: 'Task', value: 'task-710' },
      name: 'CloneVM_Task',
      descriptionId: 'VirtualMachine.clone',
      entity: { type: 'VirtualMachine', value: 'web01' },
      entityName: 'web01',
      state: 'running',
      cancelled: true,
      cancelable: true,
      reason: { type: 'TaskReasonUser', userName: 'bmc' },
      queueTime: Date.parse('2025-05-22T10:00:00Z'),
      eventChainId: 801,
    });
  });

  it.each([
    ['<TaskReasonSystem/>', { type: 'TaskReasonSystem' }],
    [
      '<TaskReasonAlarm><alarmName>a</alarmName><entityName>e</entityName></TaskReasonAlarm>',
      { type: 'TaskReasonAlarm' },
    ],
    ['<TaskReasonSchedule><name>n</name></TaskReasonSchedule>', { type: 'TaskReasonSchedule' }],
  ])('reason %s, whose own names are not those of the task', (reason, expected) => {
    const info = read(`<TaskInfo>${reason}<key>task-1</key><state>queued</state></TaskInfo>`);
    expect(info).toEqual({ key: 'task-1', state: 'queued', cancelled: false, cancelable: false, reason: expected });
  });
});

describe('one vocabulary, two readers', () => {
  const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
  const head = '<key>task-7</key>';
  const name = '<name>PowerOnVM_Task</name><descriptionId>VirtualMachine.powerOn</descriptionId>';
  const times = '<startTime>2025-05-22T10:00:01.5Z</startTime><completeTime>2025-05-22T10:00:02Z</completeTime>';

  it.each([
    ['running', '<state>running</state><progress>150</progress>', undefined],
    ['success', '<state>success</state><cancelled>true</cancelled>', undefined],
    ['a failure', '<state>error</state>', 'InvalidPowerState'],
    ['a failure that may help to repeat', '<state>error</state>', 'TaskInProgress'],
    ['a cancel', '<state>error</state><cancelled>true</cancelled>', 'RequestCanceled'],
    ['a fault that nobody knows', '<state>error</state>', 'SomethingNew'],
  ])('%s is told in the same words', (_what, state, fault) => {
    const message = '<localizedMessage>in words</localizedMessage>';
    const inner = '<requestedState>poweredOn</requestedState>';
    const soap = taskInfoFromXml(
      parseXml(
        `<info ${XSI}>${head}<task type="Task">task-7</task>${name}<entity type="VirtualMachine">vm-1</entity>${state}${
          fault ? `<error><fault xsi:type="${fault}">${inner}</fault>${message}</error>` : ''
        }${times}</info>`,
      ),
    );
    const adapted = read(
      `<TaskInfo>${head}<Task>task-7</Task>${name}<VirtualMachine>web01</VirtualMachine>${state}${
        fault ? `<error><${fault}>${inner}</${fault}>${message}</error>` : ''
      }${times}</TaskInfo>`,
    );
    expect(observationOf(adapted)).toEqual(observationOf(soap));
  });
});

describe('the whole explanation of a failure, wherever the adapter writes it', () => {
  const message = '<faultMessage><key>k</key><message>One more fault domain is needed.</message></faultMessage>';
  const cause =
    '<faultCause><HostConfigFault/><localizedMessage>The host refused the network.</localizedMessage></faultCause>';

  it.each([
    ['inside the fault', `<error><CannotCreateFile>${message}${cause}</CannotCreateFile>WORDS</error>`],
    ['beside the fault', `<error><CannotCreateFile/>${message}${cause}WORDS</error>`],
    ['beside the fault in its holder', `<error><fault><CannotCreateFile/>${message}${cause}</fault>WORDS</error>`],
  ])('%s', (_where, error) => {
    const words = error.replace('WORDS', '<localizedMessage>Cannot create the file.</localizedMessage>');
    const info = read(`<TaskInfo><key>task-7</key><state>error</state>${words}</TaskInfo>`);
    expect(observationOf(info).error).toMatchObject({
      code: 'CannotCreateFile',
      message: 'Cannot create the file. One more fault domain is needed. The host refused the network.',
    });
  });
});
