import type { HttpResponse } from '../../http/client.ts';
import { retryAfterSeconds } from '../../http/failure.ts';
import { redirectNote, type StatusMeaning, statusMeaning } from '../../http/status.ts';
import type { CheckFailure } from '../../job/outcome.ts';

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
    hint: 'refused right after a new login',
  },
  InvalidLogin: CREDENTIALS,
  PasswordExpired: CREDENTIALS,
  InvalidClientCertificate: CREDENTIALS,
  NoClientCertificate: CREDENTIALS,
  InvalidLocale: { ...MISTAKE, submit: 'unavailable' },
  NoPermission: OPERATOR,
  RestrictedVersion: OPERATOR,
  RestrictedByAdministrator: OPERATOR,
  AuthMinimumAdminPermission: OPERATOR,
  // On a poll only where a singleton was meant and reading the service content again did not help.
  ManagedObjectNotFound: { poll: 'transient', submit: 'refused', cancel: 'over' },
  InvalidProperty: MISTAKE,
  InvalidType: MISTAKE,
  InvalidArgument: MISTAKE,
  InvalidRequest: MISTAKE,
  MethodNotFound: MISTAKE,
  NotImplemented: MISTAKE,
  UnsupportedVimApiVersion: {
    ...MISTAKE,
    hint: "set the connection's apiVersion to one that the server lists in /sdk/vimServiceVersions.xml",
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
