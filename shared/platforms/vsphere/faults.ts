import type { HttpResponse } from '../../http/client.ts';
import { retryAfterSeconds } from '../../http/failure.ts';
import { redirectNote, type StatusMeaning, statusMeaning } from '../../http/status.ts';
import type { JsonObject } from '../../job/job.ts';
import type { CheckFailure } from '../../job/outcome.ts';
import { isObject, morefOf, showMoRef } from './moref.ts';
import type { Fault } from './task-info.ts';

/** What a failed call means for a look or a cancel: when to try again. */
type Look = 'transient' | 'permanent';
/** What it means for a submit: whether the platform may have taken it. */
type Submit = 'refused' | 'unavailable' | 'unknown';

export interface CallFault {
  poll: Look;
  submit: Submit;
  cancel: Look | 'over' | 'refused';
  /** What an operator should know. */
  hint?: string;
  /** How long such a condition usually lasts at the least. */
  retryAfterSeconds?: number;
}

const CREDENTIALS: CallFault = {
  poll: 'permanent',
  submit: 'unavailable',
  cancel: 'permanent',
  hint: "check the connection's secret; the account may be locked or its password expired",
};
const CLIENT_CERTIFICATE: CallFault = {
  ...CREDENTIALS,
  hint: 'the server wants a client certificate, and Pollux logs in with a password: allow that for this user',
};
const OPERATOR: CallFault = {
  poll: 'permanent',
  submit: 'refused',
  cancel: 'permanent',
  hint: "the connection's user lacks a privilege on this object",
};
const MISTAKE: CallFault = { poll: 'permanent', submit: 'refused', cancel: 'permanent' };
const DISTURBED: CallFault = { poll: 'transient', submit: 'unknown', cancel: 'transient' };
const HOST_AWAY: CallFault = { poll: 'transient', submit: 'unavailable', cancel: 'transient' };
const LOCKED_OUT: CallFault = {
  poll: 'transient',
  submit: 'unavailable',
  cancel: 'transient',
  hint: 'another product (usually backup or replication) has the object for itself: minutes to hours',
  retryAfterSeconds: 300,
};

/** SOAP faults of our own calls, by the leaf type; never by text, which is localised. */
export const CALL_FAULTS: Readonly<Record<string, CallFault>> = {
  // After one new login it is not the session: the user may not do this, or a proxy swallows the cookie.
  NotAuthenticated: {
    poll: 'permanent',
    submit: 'unavailable',
    cancel: 'permanent',
    hint: 'refused right after a new login: does something in front of the server drop the session cookie, or spread calls over several servers?',
  },
  InvalidLogin: CREDENTIALS,
  PasswordExpired: {
    ...CREDENTIALS,
    hint: "the password has expired: change it at the server, and then in the connection's secret",
  },
  InvalidClientCertificate: CLIENT_CERTIFICATE,
  NoClientCertificate: CLIENT_CERTIFICATE,
  InvalidLocale: { ...MISTAKE, submit: 'unavailable', hint: 'the server lacks the locale "en"' },
  NoPermission: OPERATOR,
  SecurityError: OPERATOR,
  RestrictedVersion: {
    ...OPERATOR,
    hint: "the server's license or edition does not allow this call: the free license of ESXi is read-only; assign another license, or call the vCenter that manages the host",
  },
  RestrictedByAdministrator: { ...OPERATOR, hint: "the server's administrator has restricted this operation" },
  HostAccessRestrictedToManagementServer: {
    ...OPERATOR,
    hint: 'the host takes changes from the vCenter that manages it only: connect to that one',
  },
  AuthMinimumAdminPermission: {
    ...OPERATOR,
    hint: 'the change would leave nobody with the rights of an administrator',
  },
  // On a poll only where a singleton was meant and reading the service content again did not help.
  ManagedObjectNotFound: {
    poll: 'transient',
    submit: 'refused',
    cancel: 'over',
    hint: 'the server has no object of that type and value',
  },
  InvalidProperty: MISTAKE,
  InvalidType: MISTAKE,
  InvalidArgument: MISTAKE,
  InvalidRequest: MISTAKE,
  MethodNotFound: MISTAKE,
  NotImplemented: MISTAKE,
  UnsupportedVimApiVersion: {
    ...MISTAKE,
    submit: 'unavailable',
    hint: "leave out the connection's apiVersion, or set it to one that the server lists in /sdk/vimServiceVersions.xml",
  },
  NotSupported: { poll: 'permanent', submit: 'refused', cancel: 'refused' },
  InvalidState: { poll: 'transient', submit: 'refused', cancel: 'over' },
  // About the call, not about the task.
  RequestCanceled: { poll: 'transient', submit: 'unavailable', cancel: 'transient' },
  MethodDisabled: LOCKED_OUT,
  MethodAlreadyDisabledFault: LOCKED_OUT,
  SystemError: DISTURBED,
  UnexpectedFault: DISTURBED,
  DatabaseError: DISTURBED,
  Timedout: DISTURBED,
  HostCommunication: HOST_AWAY,
  HostNotConnected: HOST_AWAY,
  HostNotReachable: HOST_AWAY,
};

/** A declared fault of the method (TaskInProgress, DuplicateName, …) or one that is younger than this table. */
export const OTHER_CALL_FAULT: CallFault = { poll: 'transient', submit: 'refused', cancel: 'transient' };

export function callFault(type: string): CallFault {
  return Object.hasOwn(CALL_FAULTS, type) ? CALL_FAULTS[type]! : OTHER_CALL_FAULT;
}

/** What an operator should know, with the names that the fault itself has. */
export function adviceOn({ type, fields }: Fault): string | undefined {
  return lackingPrivileges(type, fields) ?? callFault(type).hint;
}

/** NoPermission names one object and privilege; since 7.0.3.2 all of them, in `missingPrivileges`. */
function lackingPrivileges(type: string, { object, privilegeId, missingPrivileges }: JsonObject): string | undefined {
  if (type !== 'NoPermission') return undefined;
  const all = [missingPrivileges].flat().filter(isObject);
  const lacking = all.length > 0 ? all : [{ entity: object ?? null, privilegeIds: privilegeId ?? null }];
  const named = lacking.slice(0, MAX_NAMED).flatMap(({ entity, privilegeIds }) => {
    const on = morefOf(entity);
    const privileges = [privilegeIds].flat().filter((it) => typeof it === 'string' && it !== '');
    if (!on && privileges.length === 0) return [];
    return `${privileges.slice(0, MAX_NAMED).join(', ') || 'a privilege'} on ${on ? showMoRef(on) : 'this object'}`;
  });
  return named.length === 0 ? undefined : `the connection's user lacks ${named.join('; ')}`;
}

const MAX_NAMED = 5;

/**
 * "Unsupported version URI", "Unsupported namespace", "Request version … and namespace … are not supported": InvalidRequest
 * or no type at all, and only the text tells it from other bad requests. It is always in English: the call was not read, so
 * neither was its session.
 */
export function isVersionRefusal(type: string | undefined, message: string): boolean {
  const mayBe = type === undefined || type === 'InvalidRequest';
  return mayBe && /unsupported (version|namespace)|request version\b.*\bnot supported/i.test(message.slice(0, 1000));
}

/** A web page, half a document, or nothing. */
const NO_SOAP: StatusMeaning = { ...statusMeaning(500), name: 'without SOAP', advice: 'the body is no SOAP' };

/**
 * HTTP answers without SOAP that mean another thing here than the table for all platforms says; the API itself knows 200 and
 * 500 only.
 */
export const HTTP_ANSWERS: Readonly<Record<number, StatusMeaning>> = {
  404: {
    ...statusMeaning(404),
    poll: 'transient',
    cancel: 'transient',
    advice: 'the server is starting; permanent at the login: the path of the url is wrong (it should be /sdk)',
  },
  405: { ...statusMeaning(405), advice: 'the path of the url is wrong (it should be /sdk)' },
  200: NO_SOAP,
  500: NO_SOAP,
};

/** An answer that is no SOAP, as a failure of a look, and what it says about a submit and a cancel. */
export function httpMeaning(
  response: HttpResponse,
  now: number,
): Pick<StatusMeaning, 'submit' | 'cancel'> & { failure: CheckFailure } {
  const { status } = response;
  const { name, poll, submit, cancel, advice } = HTTP_ANSWERS[status] ?? statusMeaning(status);
  const said = [`HTTP ${status} ${name}`, redirectNote(response)].filter(Boolean).join(' ');
  const wait = retryAfterSeconds(response.headers['retry-after'], now);
  return {
    failure: {
      kind: poll,
      code: `HTTP ${status}`,
      message: `${said} (${advice})`,
      ...(wait !== undefined && { retryAfterSeconds: wait }),
    },
    submit,
    cancel,
  };
}
