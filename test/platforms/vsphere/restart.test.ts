import { describe, expect, it } from 'vitest';
import { observationOf } from '../../../shared/platforms/vsphere/mapping.ts';
import { tellsOfRestart } from '../../../shared/platforms/vsphere/restart-words.ts';
import { taskInfoFromXml } from '../../../shared/platforms/vsphere/task-info.ts';
import { parseXml } from '../../../shared/xml/parse.ts';
import { connectionOf } from './connection.ts';
import { loggedIn, signal } from './rig.ts';

const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

function endOf(type: string, text: string, inner = '') {
  const error = `<error><fault xsi:type="${type}">${inner}</fault><localizedMessage>${text}</localizedMessage></error>`;
  const info = `<val ${XSI}><key>task-1</key><name>PowerOnVM_Task</name><state>error</state>${error}</val>`;
  const { status, error: said } = observationOf(taskInfoFromXml(parseXml(info)));
  return { status, uncertain: said?.outcomeUncertain === true };
}

describe('a task that a restart has ended has an uncertain outcome', () => {
  it.each([
    ['InvalidState', 'Operation was interrupted: vpxd restarted', 'FAILED'],
    ['RequestCanceled', 'The task was canceled because of a vCenter Server restart.', 'CANCELED'],
    ['SystemError', 'A general system error occurred: vpxd is shutting down', 'FAILED'],
    ['TaskInterrupted', 'hostd was restarted', 'FAILED'],
    ['MethodFault', 'process terminated by shutdown', 'FAILED'],
    ['GenericVmConfigFault', 'Aborted: the server has been rebooted.', 'FAILED'],
    ['InvalidPowerState', 'Aborted after failover of vCenter.', 'FAILED'],
    ['ManagedObjectNotFound', 'Gone after a restart of VirtualCenter.', 'FAILED'],
  ])('%s: %s', (type, text, status) => {
    expect(endOf(type, text)).toEqual({ status, uncertain: true });
  });

  it('also where a cause says it, or is a fault of a host that is away', () => {
    const cause = (fault: string, text: string) =>
      `<faultCause><fault xsi:type="${fault}"/><localizedMessage>${text}</localizedMessage></faultCause>`;
    expect(endOf('MigrationFault', 'Failed.', cause('X', 'vpxa was restarted'))).toMatchObject({ uncertain: true });
    for (const type of ['HostCommunication', 'Timedout', 'GatewayNotReachable', 'SystemError']) {
      expect(endOf('MigrationFault', 'Failed.', cause(type, 'x'))).toMatchObject({ uncertain: true });
    }
  });

  it.each([
    'The virtual machine must be restarted.',
    'The guest was shut down by its user.',
    'Cannot shut down the server.',
    'This change requires a vCenter Server restart.',
    'The host could not be restarted.',
    'The attempted operation cannot be performed in the current state (Powered off).',
    'The customization failed during guest shutdown.',
    'VMware Tools has been restarted in the guest.',
    'Please restart the management server.',
  ])('but not where it speaks of something else: %s', (text) => {
    expect(endOf('InvalidPowerState', text)).toEqual({ status: 'FAILED', uncertain: false });
    expect(tellsOfRestart(text)).toBe(false);
  });

  it('and a submit that is answered so may have been carried out', async () => {
    const body = `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" ${XSI}><e:Body><e:Fault><faultcode>ServerFaultCode</faultcode><faultstring>vpxd is shutting down</faultstring><detail><RequestCanceledFault xmlns="urn:vim25" xsi:type="RequestCanceled"/></detail></e:Fault></e:Body></e:Envelope>`;
    const request = { operation: 'PowerOnVM_Task', target: { type: 'VirtualMachine', value: 'vm-1' } };
    const http = loggedIn(() => ({ status: 500, body }));
    expect(await connectionOf({ http }).submit(request, undefined, { signal })).toMatchObject({
      kind: 'unknown',
      error: { code: 'RequestCanceled', outcomeUncertain: true },
    });
  });

  it('is decided in time linear in the text', () => {
    expect(tellsOfRestart('terminated by '.repeat(200_000))).toBe(false);
    expect(tellsOfRestart('the server has '.repeat(200_000))).toBe(false);
  });
});
