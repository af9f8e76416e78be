import { describe, expect, it } from 'vitest';
import type { Json } from '../../../shared/job/job.ts';
import { faultText } from '../../../shared/platforms/vsphere/fault-text.ts';
import { observationOf } from '../../../shared/platforms/vsphere/mapping.ts';
import { taskInfoFromXml } from '../../../shared/platforms/vsphere/task-info.ts';
import { jsonOf } from '../../../shared/platforms/vsphere/values.ts';
import { parseXml } from '../../../shared/xml/parse.ts';

const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

/** What a job says whose task ended with this error, as SOAP. */
function messageFor(error: string): string {
  const info = parseXml(`<val ${XSI}><key>task-1</key><state>error</state><error>${error}</error></val>`);
  return observationOf(taskInfoFromXml(info)).error!.message;
}

describe('the message of a failed job has the whole explanation of the platform', () => {
  it('faultMessage, after the localized message', () => {
    expect(
      messageFor(`<fault xsi:type="CannotCreateFile"><faultMessage><key>k</key>
        <message>Two fault domains can be used, one more is needed.</message></faultMessage>
        <file>[ds1] a.vmdk</file></fault><localizedMessage>Cannot complete file creation operation.</localizedMessage>`),
    ).toBe('Cannot complete file creation operation. Two fault domains can be used, one more is needed.');
  });

  it('several faultMessages, and the key of one that has no text', () => {
    expect(
      messageFor(`<fault xsi:type="GenericVmConfigFault"><faultMessage><key>msg.disk.open</key></faultMessage>
        <faultMessage><key>b</key><message>Failed to lock the file</message></faultMessage>
        <faultMessage><key>c</key><message>Cannot open the disk '/vmfs/a.vmdk'.</message></faultMessage></fault>`),
    ).toBe("msg.disk.open. Failed to lock the file. Cannot open the disk '/vmfs/a.vmdk'.");
  });

  it('the causes, outermost first', () => {
    expect(
      messageFor(`<fault xsi:type="CustomizationFault"><faultCause><fault xsi:type="HostConfigFault"><faultCause>
        <fault xsi:type="PlatformConfigFault"><text>Unable to set the MTU of vmk0</text></fault></faultCause></fault>
        <localizedMessage>The host refused the network.</localizedMessage></faultCause></fault>
        <localizedMessage>An error occurred.</localizedMessage>`),
    ).toBe('An error occurred. The host refused the network. Unable to set the MTU of vmk0');
  });

  it('a list of faults inside a fault, of one and of several members', () => {
    const host = (n: number, why: string) =>
      `<error><fault xsi:type="CpuIncompatible"><host type="HostSystem">host-${n}</host></fault><localizedMessage>${why}</localizedMessage></error>`;
    const fault = (inner: string) =>
      `<fault xsi:type="NoCompatibleHost">${inner}</fault><localizedMessage>No host is compatible with the virtual machine.</localizedMessage>`;
    const one = 'No host is compatible with the virtual machine. Host 1 has no SSE4.';
    expect(messageFor(fault(host(1, 'Host 1 has no SSE4.')))).toBe(one);
    expect(messageFor(fault(host(1, 'Host 1 has no SSE4.') + host(2, 'Host 2 is in maintenance mode.')))).toBe(
      `${one} Host 2 is in maintenance mode.`,
    );
  });

  it.each([
    ['DvsOperationBulkFault', '<hostFault><host type="HostSystem">host-1</host><fault>WHY</fault></hostFault>'],
    ['DvsApplyOperationFault', '<objectFault><objectId>1</objectId><fault>WHY</fault></objectFault>'],
    ['PowerOnFtSecondaryFailed', '<hostErrors><errors>WHY</errors></hostErrors>'],
    ['VmFaultToleranceConfigIssueWrapper', '<error>WHY</error>'],
    ['CannotAccessVmConfig', '<reason>WHY</reason>'],
    ['SomethingNew', '<things><thing><why>WHY</why></thing></things>'],
  ])('faults anywhere inside %s', (type, inner) => {
    const why = '<fault xsi:type="X"/><localizedMessage>The uplink is gone.</localizedMessage>';
    expect(messageFor(`<fault xsi:type="${type}">${inner.replace('WHY', why)}</fault>`)).toBe('The uplink is gone.');
  });

  it('messages inside a fault that are no faults', () => {
    expect(
      messageFor(`<fault xsi:type="ProfileUpdateFailed"><failure><errMsg><key>k</key>
        <message>The profile has no such path.</message></errMsg></failure></fault>`),
    ).toBe('The profile has no such path.');
  });

  it('nothing twice: neither the same sentence of many hosts, nor an inner one that the outer one repeats', () => {
    const errors = '<error><localizedMessage>Not enough memory.</localizedMessage></error>'.repeat(5);
    expect(messageFor(`<fault xsi:type="NoCompatibleHost">${errors}</fault>`)).toBe('Not enough memory.');
    expect(
      messageFor(`<fault xsi:type="SystemError"><reason>vim.fault.GenericVmConfigFault is thrown</reason></fault>
        <localizedMessage>A general system error occurred: vim.fault.GenericVmConfigFault is thrown</localizedMessage>`),
    ).toBe('A general system error occurred: vim.fault.GenericVmConfigFault is thrown');
  });

  it('in VI/JSON too, where faults are bare', () => {
    const bare = {
      _typeName: 'NoCompatibleHost',
      faultMessage: [{ _typeName: 'LocalizableMessage', key: 'k', message: 'No host fits.' }],
      faultCause: { _typeName: 'X', faultMessage: [{ key: 'c', message: 'DRS is off.' }] },
      error: { _typeName: 'ArrayOfMethodFault', _value: [{ faultMessage: [{ key: 'd', message: 'Host 1 is off.' }] }] },
    };
    expect(faultText(bare)).toBe('No host fits. DRS is off. Host 1 is off.');
  });
});

describe('a faultMessage in another form is told, too', () => {
  it.each([
    ['boxed', { faultMessage: { _typeName: 'ArrayOfLocalizableMessage', _value: [{ key: 'k', message: 'Why.' }] } }],
    ['in an element named after its type', { faultMessage: { LocalizableMessage: { key: 'k', message: 'Why.' } } }],
    ['a bare text', { faultMessage: 'Why.' }],
    ['a list of texts', { faultMessage: ['Why.', 'Why.'] }],
  ])('%s', (_form, fault) => {
    expect(faultText(fault as Json)).toBe('Why.');
  });
});

describe('the explanation is bounded', () => {
  it('to 2,000 characters, in time linear in the size of the fault', () => {
    const errors = Array.from({ length: 50_000 }, (_, n) => ({ localizedMessage: `Host ${n} is not compatible.` }));
    const text = faultText({ localizedMessage: 'No host.', error: errors })!;
    expect(text).toHaveLength(2000);
    expect(text).toMatch(/^No host\. Host 0 is not compatible\. Host 1 is not .*…$/);
  });

  it('in depth, and words of an enumeration are no sentences', () => {
    let chain: Json = { localizedMessage: 'the bottom' };
    for (let n = 0; n < 5000; n++) chain = { faultCause: chain };
    expect(faultText(chain)).toBeUndefined();
    expect(faultText({ reason: 'outOfSync' })).toBeUndefined();
  });

  it.each([null, '', 5, [], {}, '<html>', { fault: 'text', faultMessage: 5, faultCause: [] }])(
    'and %j says nothing',
    (value) => {
      expect(faultText(value as Json)).toBeUndefined();
    },
  );

  it('of an element that came as SOAP without a type', () => {
    expect(faultText(jsonOf(parseXml('<error><localizedMessage>no</localizedMessage></error>')))).toBe('no');
  });
});
