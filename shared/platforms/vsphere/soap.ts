import type { HttpResponse } from '../../http/client.ts';
import { checkFailureOf } from '../../http/failure.ts';
import type { CheckFailure } from '../../job/outcome.ts';
import { shortened } from '../../secrets/conceal.ts';
import { child, children, parseXml, type XmlElement, XmlError, XSI, xsiType } from '../../xml/parse.ts';
import { element, render, type XmlNode } from '../../xml/write.ts';
import { isLoginPage, saysSessionEnded } from '../session-words.ts';
import { adviceOn, callFault, httpMeaning, isVersionRefusal } from './faults.ts';
import { type MoRef, morefNode } from './moref.ts';
import { type Fault, faultOf } from './task-info.ts';
import { fieldsOf } from './values.ts';

export const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
export const VIM = 'urn:vim25';

/** The platform's own no to one of our calls. */
export class SoapFault extends Error {
  override readonly name = 'SoapFault';
  readonly method: string;
  readonly fault: Fault;

  constructor(method: string, fault: Fault) {
    const hint = adviceOn(fault);
    super(
      `${method} was answered with ${fault.type}${fault.message ? `: ${fault.message}` : ''}${hint ? ` (${hint})` : ''}`,
    );
    this.method = method;
    this.fault = fault;
  }
}

/** An answer that is not from the API. */
export class NotSoap extends Error {
  override readonly name = 'NotSoap';
  readonly status: number;
  readonly failure: CheckFailure;
  readonly submit: 'refused' | 'unavailable' | 'unknown';
  readonly cancel: 'transient' | 'permanent' | 'refused';
  /** The answer was larger than we read; asking for less helps. */
  readonly tooLarge: boolean;
  /** The answer came whole, and something in it is no XML; without that something it can be read. */
  readonly unreadable: boolean;

  /** Whether it looks like the end of the session. `possible`: the call may have been made all the same. */
  readonly sessionEnd: 'certain' | 'possible' | undefined;

  constructor(method: string, response: HttpResponse, now: number, cause?: unknown) {
    const meaning = httpMeaning(response, now);
    // Of a proxy's page nobody needs to know why it is no SOAP.
    const detail = response.status === 200 && cause instanceof Error ? `: ${shortened(cause.message, 300)}` : '';
    super(`${method} was answered with ${meaning.failure.message}${detail}`, { cause });
    this.status = response.status;
    this.sessionEnd = sessionEndOf(response);
    this.failure = { ...meaning.failure, message: this.message };
    this.submit = meaning.submit;
    this.cancel = meaning.cancel;
    this.tooLarge = cause instanceof XmlError && /larger than/.test(cause.message);
    const isWhole = /Envelope\s*>\s*$/.test(response.body.slice(-200));
    this.unreadable = cause instanceof XmlError && !this.tooLarge && response.status === 200 && isWhole;
  }
}

/**
 * A gateway in front of the server sends whose session has ended to its sign-on page, or says so. Redirects, 401, 403, 419
 * and 440 come instead of the call.
 */
function sessionEndOf({ status, body }: HttpResponse): NotSoap['sessionEnd'] {
  if ((status >= 300 && status < 400) || [401, 403, 419, 440].includes(status)) return 'certain';
  if (status === 400 && saysSessionEnded(body)) return 'certain';
  return isLoginPage(body) || (status >= 500 && saysSessionEnded(body)) ? 'possible' : undefined;
}

/** SOAP 1.1 with one method of urn:vim25: `_this` first, then the parameters in declared order. */
export function envelope(method: string, self: MoRef, parameters: readonly XmlNode[], operationId?: string): string {
  const body = element('soapenv:Body', {}, element(method, { xmlns: VIM }, morefNode('_this', self), ...parameters));
  // Shows up in the logs of vpxd and hostd, beside what was done.
  const header = operationId && element('soapenv:Header', {}, element('operationID', { xmlns: VIM }, operationId));
  const root = element(
    'soapenv:Envelope',
    { 'xmlns:soapenv': SOAP, 'xmlns:xsd': 'http://www.w3.org/2001/XMLSchema', 'xmlns:xsi': XSI },
    header || undefined,
    body,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${render(root)}`;
}

/**
 * The `returnval` elements of an answer: none for void and null, several for an array.
 *
 * @throws {SoapFault} the API's fault, whatever the HTTP status
 * @throws {NotSoap} for every other answer
 */
export function readAnswer(method: string, response: HttpResponse, now: number): XmlElement[] {
  const body = bodyOf(method, response, now);
  const fault = child(body, 'Fault', SOAP);
  if (fault) throw new SoapFault(method, callFaultOf(fault));
  const answer = child(body, `${method}Response`, VIM);
  if (!answer || response.status !== 200) throw new NotSoap(method, response, now);
  return children(answer, 'returnval');
}

function bodyOf(method: string, response: HttpResponse, now: number): XmlElement {
  let root: XmlElement;
  try {
    root = parseXml(response.body);
  } catch (error) {
    throw new NotSoap(method, response, now, error);
  }
  const body = root.ns === SOAP && root.name === 'Envelope' ? child(root, 'Body', SOAP) : undefined;
  if (!body) throw new NotSoap(method, response, now);
  return body;
}

/** Of the SOAP stack, before there is anybody to give the fault a type. */
const SESSION_END =
  /\bsession\b[^.]{0,60}\b(not authenticated|expired|timed? ?out|no longer|not valid|invalid|not found)\b|\b(invalid|expired) session\b/i;

/**
 * The detail holds one element, `<XFault xsi:type="X">`; a fault of the SOAP stack itself has none. That the version is
 * refused comes as a bad request like any other.
 */
function callFaultOf(fault: XmlElement): Fault {
  const detail = child(fault, 'detail')?.children[0];
  const message = child(fault, 'faultstring')?.text;
  const named = detail && (xsiType(detail) ?? detail.name.replace(/Fault$/, ''));
  const isEnd = named === undefined && SESSION_END.test(message ?? '');
  const type = isVersionRefusal(named, message ?? '') ? 'UnsupportedVimApiVersion' : isEnd ? 'NotAuthenticated' : named;
  return faultOf({
    ...(type && { fault: { _typeName: type, ...(detail && fieldsOf(detail)) } }),
    ...(message && { localizedMessage: message }),
  });
}

/** Whatever a call may throw, as the failure of a look. */
export function lookFailure(error: unknown): CheckFailure {
  if (error instanceof NotSoap) return error.failure;
  if (error instanceof SoapFault) {
    const meaning = callFault(error.fault.type);
    return {
      kind: meaning.poll,
      code: error.fault.type,
      message: error.message,
      ...(meaning.retryAfterSeconds !== undefined && { retryAfterSeconds: meaning.retryAfterSeconds }),
    };
  }
  return checkFailureOf(error);
}
