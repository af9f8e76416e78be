import { describe, expect, it } from 'vitest';
import { type Fault, faultChain, taskInfoFromXml, taskInfoOf } from '../../../shared/platforms/vsphere/task-info.ts';
import { jsonOf } from '../../../shared/platforms/vsphere/values.ts';
import { parseXml } from '../../../shared/xml/parse.ts';

const XSI = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"';
const value = (xml: string) => jsonOf(parseXml(xml.replace(/\/?>/, ` ${XSI}$&`)));

describe('SOAP values as JSON', () => {
  it.each([
    ['<v i:type="xsd:int">7</v>', 7],
    ['<v i:type="xsd:boolean">true</v>', true],
    ['<v i:type="xsd:string">true</v>', 'true'],
    ['<v i:type="xsd:string"></v>', ''],
    ['<v i:type="xsd:long">9007199254740991</v>', 9007199254740991],
    ['<v i:type="xsd:double">0.25</v>', 0.25],
    ['<v i:type="xsd:double">NaN</v>', 'NaN'],
    ['<v>1024</v>', '1024'],
    ['<v i:type="TaskInfoState">error</v>', 'error'],
    ['<v i:type="RequestCanceled"/>', { _typeName: 'RequestCanceled' }],
    ['<v i:type="ManagedObjectReference" type="VirtualMachine">vm-1</v>', { type: 'VirtualMachine', value: 'vm-1' }],
    ['<v type="Task" serverGuid="g">task-1</v>', { type: 'Task', value: 'task-1' }],
    ['<v i:type="ArrayOfString"><string>a</string></v>', ['a']],
    ['<v i:type="ArrayOfString"/>', []],
    ['<v i:nil="true"/>', null],
    ['<v i:type="T"><a>1</a><b>2</b><b>3</b></v>', { _typeName: 'T', a: '1', b: ['2', '3'] }],
    ['<v><notAttempted><a>1</a></notAttempted></v>', { notAttempted: [{ a: '1' }] }],
  ])('%s', (xml, expected) => {
    expect(value(xml)).toEqual(expected);
  });

  it('VS-32 keeps a long beyond 2^53 as text', () => {
    expect(value('<v i:type="xsd:long">9223372036854775807</v>')).toBe('9223372036854775807');
  });

  it('does not touch prototypes', () => {
    const read = value('<v><__proto__><polluted>1</polluted></__proto__></v>');
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('TaskInfo', () => {
  const soap = `<val ${XSI} i:type="v:TaskInfo"><key>task-525</key><task type="Task" serverGuid="x">task-525</task>
    <descriptionId>VirtualMachine.powerOn</descriptionId><entity type="VirtualMachine">vm-57</entity><state>error</state>
    <cancelled>false</cancelled><cancelable>false</cancelable><error><fault i:type="v:InvalidPowerState"><faultCause><fault i:type="FileLocked"/>
    <localizedMessage>locked</localizedMessage></faultCause><requestedState>poweredOn</requestedState></fault></error>
    <reason i:type="TaskReasonUser"><userName>op</userName></reason><queueTime>2026-05-27T08:26:34.234567891Z</queueTime>
    <eventChainId>71232</eventChainId></val>`;
  const json = {
    _typeName: 'TaskInfo',
    key: 'task-525',
    task: { _typeName: 'ManagedObjectReference', type: 'Task', value: 'task-525' },
    descriptionId: 'VirtualMachine.powerOn',
    entity: { _typeName: 'ManagedObjectReference', type: 'VirtualMachine', value: 'vm-57' },
    state: 'error',
    cancelled: false,
    cancelable: false,
    error: {
      _typeName: 'InvalidPowerState',
      faultCause: { _typeName: 'FileLocked', faultMessage: [{ key: 'k', message: 'locked' }] },
      requestedState: 'poweredOn',
    },
    reason: { _typeName: 'TaskReasonUser', userName: 'op' },
    queueTime: '2026-05-27T08:26:34.234Z',
    eventChainId: 71232,
  };

  it('is the same from SOAP and from VI/JSON, with and without the wrapper of faults', () => {
    const expected = {
      key: 'task-525',
      task: { type: 'Task', value: 'task-525' },
      descriptionId: 'VirtualMachine.powerOn',
      entity: { type: 'VirtualMachine', value: 'vm-57' },
      state: 'error',
      cancelled: false,
      cancelable: false,
      error: {
        type: 'InvalidPowerState',
        fields: { requestedState: 'poweredOn' },
        message: 'locked',
        cause: { type: 'FileLocked', message: 'locked', fields: {} },
      },
      reason: { type: 'TaskReasonUser', userName: 'op' },
      queueTime: Date.parse('2026-05-27T08:26:34.234Z'),
      eventChainId: 71232,
    };
    expect(taskInfoFromXml(parseXml(soap))).toEqual(expected);
    expect(taskInfoOf(json)).toEqual(expected);
    const wrapped = { ...json, error: { fault: json.error, localizedMessage: 'no' } };
    expect(taskInfoOf(wrapped)).toMatchObject({ error: { type: 'InvalidPowerState', message: 'no. locked' } });
  });

  it('opens the boxes of VI/JSON results', () => {
    expect(taskInfoOf({ ...json, result: { _typeName: 'string', _value: '42 files' } }).result).toBe('42 files');
    expect(taskInfoOf({ ...json, result: { _typeName: 'ArrayOfString', _value: ['a'] } }).result).toEqual(['a']);
    const reference = { _typeName: 'ManagedObjectReference', type: 'VirtualMachine', value: 'vm-9' };
    expect(taskInfoOf({ ...json, result: reference }).result).toEqual({ type: 'VirtualMachine', value: 'vm-9' });
  });

  it('takes the messages of a fault that has no localized one, of each the text or else the key', () => {
    const error = { _typeName: 'SystemError', faultMessage: [{ key: 'k' }, { message: 'second' }] };
    expect(taskInfoOf({ ...json, error }).error).toMatchObject({ message: 'k. second' });
  });

  it('cuts a chain of causes that has no end', () => {
    let fault: Record<string, unknown> = { _typeName: 'Last' };
    for (let n = 0; n < 200; n++) fault = { _typeName: 'SystemError', faultCause: fault };
    const chain = faultChain(taskInfoOf({ ...json, error: fault } as never).error as Fault);
    expect(chain.length).toBeLessThan(30);
  });
});
