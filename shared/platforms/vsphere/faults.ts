import type { HttpResponse } from '../../http/client.ts';
import { retryAfterSeconds } from '../../http/failure.ts';
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

interface HttpMeaning {
  poll: Look;
  submit: Submit;
  hint: string;
}

/** HTTP answers without SOAP: from a proxy, from overload or from a restart; the API itself knows 200 and 500 only. */
export const HTTP_ANSWERS: Readonly<Record<number, HttpMeaning>> = {
  400: { poll: 'permanent', submit: 'unavailable', hint: 'something in front of the server does not pass SOAP on' },
  401: { poll: 'permanent', submit: 'unavailable', hint: 'a proxy asks for credentials of its own' },
  403: { poll: 'permanent', submit: 'unavailable', hint: 'a proxy forbids the call' },
  404: {
    poll: 'transient',
    submit: 'unavailable',
    hint: 'the server is starting; permanent at the login: the path of the url is wrong (it should be /sdk)',
  },
  405: { poll: 'permanent', submit: 'unavailable', hint: 'the path of the url is wrong (it should be /sdk)' },
  408: { poll: 'transient', submit: 'unknown', hint: 'the request took too long on its way' },
  429: { poll: 'transient', submit: 'unavailable', hint: 'too many requests' },
  502: { poll: 'transient', submit: 'unknown', hint: 'the server behind the proxy is away' },
  503: { poll: 'transient', submit: 'unknown', hint: 'the server is restarting or overloaded' },
  504: { poll: 'transient', submit: 'unknown', hint: 'the server behind the proxy did not answer in time' },
};
const REDIRECT: HttpMeaning = {
  poll: 'permanent',
  submit: 'unavailable',
  hint: 'redirects are not followed, credentials would go with them: correct the url',
};
/** 200 and 500 with a web page, with half a document or with nothing, and statuses nobody has met. */
const NO_SENSE: HttpMeaning = { poll: 'transient', submit: 'unknown', hint: 'the body is no SOAP' };

/** An answer that is no SOAP, as a failure of a look, and what it says about a submit. */
export function httpMeaning(response: HttpResponse, now: number): { failure: CheckFailure; submit: Submit } {
  const { status } = response;
  const meaning = HTTP_ANSWERS[status] ?? (status >= 300 && status < 400 ? REDIRECT : NO_SENSE);
  const wait = retryAfterSeconds(response.headers['retry-after'], now);
  return {
    failure: {
      kind: meaning.poll,
      code: `HTTP ${status}`,
      message: `HTTP ${status}: ${meaning.hint}`,
      ...(wait !== undefined && { retryAfterSeconds: wait }),
    },
    submit: meaning.submit,
  };
}
