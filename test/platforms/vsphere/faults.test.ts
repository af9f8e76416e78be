import { describe, expect, it } from 'vitest';
import { adviceOn, CALL_FAULTS } from '../../../shared/platforms/vsphere/faults.ts';

const advice = (type: string, fields = {}) => adviceOn({ type, fields }) ?? '';

describe('the advice on a fault fits the fault', () => {
  it('RestrictedVersion is about the license of the server, not about a privilege of the user', () => {
    expect(advice('RestrictedVersion')).toMatch(/license/);
    expect(advice('RestrictedVersion')).not.toMatch(/privilege/);
  });

  it.each(['RestrictedVersion', 'RestrictedByAdministrator', 'AuthMinimumAdminPermission', 'PasswordExpired'])(
    '%s does not send the operator to the privileges of the user',
    (type) => expect(advice(type)).not.toMatch(/lacks a privilege/),
  );

  it.each(['InvalidClientCertificate', 'NoClientCertificate'])('%s is not about a locked account', (type) => {
    expect(advice(type)).toMatch(/client certificate/);
    expect(advice(type)).not.toMatch(/locked/);
  });

  it('a host that is managed by a vCenter sends the operator there', () => {
    expect(advice('HostAccessRestrictedToManagementServer')).toMatch(/vCenter that manages it/);
  });

  it('NoPermission without names still says whose privilege is lacking', () => {
    expect(advice('NoPermission')).toBe("the connection's user lacks a privilege on this object");
    expect(advice('NoPermission', { privilegeId: 'Task.Create' })).toBe(
      "the connection's user lacks Task.Create on this object",
    );
  });

  it('a fault of the connection refuses no request: it is taken when the connection is repaired', () => {
    for (const type of ['InvalidLogin', 'PasswordExpired', 'InvalidLocale', 'UnsupportedVimApiVersion'])
      expect(CALL_FAULTS[type]).toMatchObject({ poll: 'permanent', submit: 'unavailable' });
  });
});
