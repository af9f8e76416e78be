import { describe, expect, it } from 'vitest';
import type { Json } from '../../../shared/job/job.ts';
import { observationOf } from '../../../shared/platforms/vsphere/mapping.ts';
import { taskInfoFromXml, taskInfoOf } from '../../../shared/platforms/vsphere/task-info.ts';
import { parseXml } from '../../../shared/xml/parse.ts';

const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

/** What a job becomes whose task ended well with this result, as SOAP. */
function endOf(result: string, name = 'SomethingNew_Task') {
  const info = `<val ${XSI}><key>task-1</key><name>${name}</name><state>success</state>${result}</val>`;
  const { status, parts, error } = observationOf(taskInfoFromXml(parseXml(info)));
  return { status, parts: parts?.map(({ id, status: end }) => `${id} ${end}`), message: error?.message };
}

const fault = (why = 'WHY', name = 'fault') =>
  `<${name}><fault xsi:type="CnsFault"/><localizedMessage>${why}</localizedMessage></${name}>`;

/** Results whose members carry their faults, with a member that failed and one that did not. */
const RESULTS: readonly [string, string, (members: string) => string, string, string][] = [
  [
    'volumes of CNS',
    'CnsVolumeOperationBatchResult',
    (members) => members,
    `<volumeResults xsi:type="CnsVolumeCreateResult"><volumeId><id>v1</id></volumeId>${fault()}</volumeResults>`,
    '<volumeResults xsi:type="CnsVolumeCreateResult"><volumeId><id>v2</id></volumeId></volumeResults>',
  ],
  [
    'LUNs',
    'ArrayOfHostStorageSystemScsiLunResult',
    (members) => members,
    `<HostStorageSystemScsiLunResult><key>v1</key>${fault()}</HostStorageSystemScsiLunResult>`,
    '<HostStorageSystemScsiLunResult><key>v2</key></HostStorageSystemScsiLunResult>',
  ],
  [
    'disk mappings, by a fault of one disk',
    'ArrayOfVsanHostDiskMapResult',
    (members) => `<VsanHostDiskMapResult><mapping/>${members}</VsanHostDiskMapResult>`,
    `<diskResult><disk>v1</disk>${fault('WHY', 'error')}</diskResult>`,
    '<diskResult><disk>v2</disk></diskResult>',
  ],
  [
    'hosts of a profile, by their errors',
    'ArrayOfApplyHostProfileConfigurationResult',
    (members) => members,
    `<R><host type="HostSystem">v1</host><status>failed</status>${fault('WHY', 'errors')}</R>`,
    '<R><host type="HostSystem">v2</host><status>success</status></R>',
  ],
  [
    'something new, deep inside',
    'NewResult',
    (members) => `<outer><inner>${members}</inner></outer>`,
    `<m><uuid>v1</uuid>${fault()}</m>`,
    '<m><uuid>v2</uuid></m>',
  ],
];

describe('a failure hidden in a success is told', () => {
  describe.each(RESULTS)('%s', (_what, type, wrap, failed, worked) => {
    const of = (members: string) => endOf(`<result xsi:type="${type}">${wrap(members)}</result>`);

    it('one failed member of one: FAILED', () => {
      expect(of(failed)).toEqual({
        status: 'FAILED',
        parts: ['v1 FAILED'],
        message: '1 of 1 items failed; the first: WHY',
      });
    });

    it('one of two: PARTIALLY_SUCCEEDED', () => {
      expect(of(worked + failed)).toEqual({
        status: 'PARTIALLY_SUCCEEDED',
        parts: ['v1 FAILED', 'v2 SUCCEEDED'],
        message: '1 of 2 items failed; the first: WHY',
      });
    });

    it('all of two: FAILED', () => {
      expect(of(failed + failed)).toMatchObject({ status: 'FAILED', parts: ['v1 FAILED', 'v1 FAILED'] });
    });

    it('none: SUCCEEDED', () => {
      expect(of(worked)).toMatchObject({ status: 'SUCCEEDED', message: undefined });
      expect(of(worked + worked)).toMatchObject({ status: 'SUCCEEDED', message: undefined });
    });
  });

  it.each([
    ['a result that has the fault itself', `<result xsi:type="CnsVolumeOperationResult">${fault()}</result>`],
    ['a result that is a fault', fault('WHY', 'result')],
    ['a bare fault', '<result xsi:type="R"><fault xsi:type="CnsFault"/></result>'],
    ['several faults of one', `<result xsi:type="R">${fault('A', 'error')}${fault('B', 'error')}</result>`],
    ['a word', '<result xsi:type="CryptoKeyResult"><success>false</success><reason>no such key</reason></result>'],
    ['a failed list of one', `<result xsi:type="R"><failedHosts>${fault()}</failedHosts></result>`],
    [
      'a list of failures without faults',
      '<result xsi:type="R"><hostsFailedX type="HostSystem">h</hostsFailedX></result>',
    ],
  ])('%s: FAILED', (_what, result) => {
    expect(endOf(result).status).toBe('FAILED');
  });

  it('a fault and its causes are told of a member, too', () => {
    const inner =
      '<fault xsi:type="CnsFault"><faultMessage><key>k</key><message>No quota.</message></faultMessage></fault>';
    expect(
      endOf(`<result xsi:type="R"><fault>${inner}<localizedMessage>Failed.</localizedMessage></fault></result>`)
        .message,
    ).toBe('1 of 1 items failed; the first: Failed. No quota.');
  });

  it('a mapping whose disk failed is no mapping that has worked beside one that failed itself', () => {
    const mappings = `<M><key>m1</key>${fault('A', 'error')}</M><M><key>m2</key><diskResult><disk>d</disk>${fault('B', 'error')}</diskResult></M>`;
    expect(endOf(`<result xsi:type="ArrayOfM">${mappings}</result>`)).toMatchObject({
      status: 'FAILED',
      parts: ['m1 FAILED', 'd FAILED'],
    });
  });
});

describe('what is no failure of the task', () => {
  it.each([
    [
      'why other datastores were not chosen',
      `<volumeResults><placementResults>${fault('x', 'placementFaults')}</placementResults></volumeResults>`,
    ],
    ['warnings', `<warning>${fault()}</warning>`],
    [
      'an installation that failed long ago',
      `<tools><lastInstallInfo><counter>1</counter>${fault()}</lastInstallInfo></tools>`,
    ],
    ['an empty fault', '<volumeResults><volumeId><id>v</id></volumeId><fault/></volumeResults>'],
    ['names with "fail" in them', '<failoverHosts type="HostSystem">h</failoverHosts><failedCount>0</failedCount>'],
  ])('%s: SUCCEEDED', (_what, inner) => {
    expect(endOf(`<result xsi:type="R">${inner}</result>`).status).toBe('SUCCEEDED');
  });

  it('what a check finds, by the name of the method or by the id of its description', () => {
    const result = `<result xsi:type="CheckResult">${fault('WHY', 'error')}</result>`;
    expect(endOf(result, 'CheckMigrate_Task').status).toBe('SUCCEEDED');
    const named = { state: 'success', descriptionId: 'VirtualMachineProvisioningChecker.checkMigrate' };
    expect(observationOf(taskInfoOf({ ...named, result: { error: [{ localizedMessage: 'x' }] } })).status).toBe(
      'SUCCEEDED',
    );
  });
});

describe('PowerOnMultiVM_Task powers on, refuses or only recommends', () => {
  const attempted = '<attempted><vm type="VirtualMachine">vm-1</vm></attempted>';
  const refused = `<notAttempted><vm type="VirtualMachine">vm-2</vm>${fault()}</notAttempted>`;
  const recommended = (vm: string, key: string) => `<recommendations><key>${key}</key><type>V1</type>
    <reasonText>Power on virtual machine</reasonText><action xsi:type="ClusterInitialPlacementAction"><type>PowerOn</type>
    <target type="VirtualMachine">${vm}</target><targetHost type="HostSystem">host-1</targetHost></action></recommendations>`;
  const of = (inner: string) =>
    endOf(`<result xsi:type="ClusterPowerOnVmResult">${inner}</result>`, 'PowerOnMultiVM_Task');

  it('one that only recommends has powered on nothing: FAILED, with what to do', () => {
    expect(of(recommended('vm-3', '7'))).toEqual({
      status: 'FAILED',
      parts: ['vm-3 FAILED'],
      message:
        '1 of 1 items failed; the first: DRS only recommends to power it on (Power on virtual machine) and waits for an approval: apply the recommendation 7, or power on with the option OverrideAutomationLevel "fullyAutomated"',
    });
  });

  it('some of each: PARTIALLY_SUCCEEDED', () => {
    expect(of(attempted + refused + recommended('vm-3', '7') + recommended('vm-3', '8'))).toMatchObject({
      status: 'PARTIALLY_SUCCEEDED',
      parts: ['vm-2 FAILED', 'vm-3 FAILED', 'vm-1 SUCCEEDED'],
    });
    expect(of(attempted + recommended('vm-3', '7')).status).toBe('PARTIALLY_SUCCEEDED');
  });

  it('only attempted: SUCCEEDED, also where a recommendation has been carried out', () => {
    expect(of(attempted).status).toBe('SUCCEEDED');
    expect(of(attempted + recommended('vm-1', '7')).status).toBe('SUCCEEDED');
  });

  it('only refused: FAILED, also as the result of another task', () => {
    expect(of(refused).status).toBe('FAILED');
    const secondary = `<result xsi:type="FaultToleranceSecondaryOpResult"><vm type="VirtualMachine">vm-9</vm><powerOnAttempted>true</powerOnAttempted><powerOnResult>`;
    expect(endOf(`${secondary}${refused}</powerOnResult></result>`)).toMatchObject({
      status: 'FAILED',
      parts: ['vm-2 FAILED'],
    });
    expect(endOf(`${secondary}${recommended('vm-9', '1')}</powerOnResult></result>`).status).toBe('FAILED');
  });

  it('recommendations of another kind of result are its answer', () => {
    expect(endOf(`<result xsi:type="StoragePlacementResult"><task/>${recommended('vm-3', '7')}</result>`).status).toBe(
      'SUCCEEDED',
    );
  });
});

describe('a large result', () => {
  it('of 200,000 members is read in linear time, and its parts are bounded', () => {
    const members = Array.from({ length: 200_000 }, (_, n): Json => {
      return { key: `lun-${n}`, ...(n % 2 === 0 && { fault: { localizedMessage: 'x'.repeat(1000) } }) };
    });
    const { status, parts, error } = observationOf(taskInfoOf({ state: 'success', result: members }));
    expect(status).toBe('PARTIALLY_SUCCEEDED');
    expect(error!.message).toContain('100000 of 200000 items failed');
    expect(parts).toHaveLength(200);
    expect(JSON.stringify(parts).length).toBeLessThan(120_000);
  });
});

describe('results of the API that hide a failure in a form of their own', () => {
  it.each([
    [
      'a host whose state does not satisfy its profile',
      '<result xsi:type="ArrayOfA"><A><host type="HostSystem">h1</host><status>state_not_satisfied</status></A><A><host type="HostSystem">h2</host><status>success</status></A></result>',
      ['h1 FAILED', 'h2 SUCCEEDED'],
    ],
    [
      'switches that were imported beside one that was not',
      `<result xsi:type="DistributedVirtualSwitchManagerImportResult"><distributedVirtualSwitch type="VmwareDistributedVirtualSwitch">dvs-1</distributedVirtualSwitch><importFault><entityType>x</entityType><key>k</key>${fault()}</importFault></result>`,
      ['k FAILED', 'dvs-1 SUCCEEDED'],
    ],
    [
      'a datastore that exists although a host could not rescan',
      `<result xsi:type="HostResignatureRescanResult"><rescan><host type="HostSystem">h1</host>${fault()}</rescan><result type="Datastore">datastore-1</result></result>`,
      ['h1 FAILED', 'datastore-1 SUCCEEDED'],
    ],
    [
      'disks that are named by their device',
      `<result xsi:type="R"><diskConfigurationResult><devicePath>/d1</devicePath><success>false</success>${fault()}</diskConfigurationResult><diskConfigurationResult><devicePath>/d2</devicePath><success>true</success></diskConfigurationResult></result>`,
      ['/d1 FAILED', '/d2 SUCCEEDED'],
    ],
  ])('%s: PARTIALLY_SUCCEEDED', (_what, result, parts) => {
    expect(endOf(result)).toMatchObject({ status: 'PARTIALLY_SUCCEEDED', parts });
  });
});

describe('a success without a failure stays one', () => {
  it.each([
    ['an empty list of failures', '<failedHosts/><addedHosts type="HostSystem">h</addedHosts>'],
    ['an empty array of errors', '<errors xsi:type="ArrayOfLocalizedMethodFault"/>'],
    ['a fault that is nil', '<fault xsi:nil="true"/>'],
    ['an empty fault', '<fault/>'],
    ['a count of none', '<failedCount xsi:type="xsd:int">0</failedCount><failed>false</failed>'],
    ['an error code 0', '<error xsi:type="xsd:int">0</error><errorCode>0</errorCode>'],
    ['a warning', `<vm type="VirtualMachine">v</vm>${fault('w', 'warning')}`],
    ['what was made', '<result type="Datastore">datastore-1</result>'],
    ['the word "error" as a status of something else', '<status>error</status>'],
    ['a word of success', '<status>success</status><result>success</result><success>true</success>'],
  ])('%s', (_what, inner) => {
    expect(endOf(`<result xsi:type="R">${inner}</result>`).status).toBe('SUCCEEDED');
  });

  it.each(['ValidateHostProfileComposition_Task', 'EstimateStorageForConsolidateSnapshots_Task', 'CheckMigrate_Task'])(
    'what %s found is its answer',
    (name) => {
      expect(endOf(`<result xsi:type="R"><results>${fault()}</results></result>`, name).status).toBe('SUCCEEDED');
    },
  );
});
