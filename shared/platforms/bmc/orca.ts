import type { HttpResponse } from '../../http/client.ts';
import { child, parseXml, type XmlElement } from '../../xml/parse.ts';
import { element, render, type XmlNode } from '../../xml/write.ts';
import type { LoginSecret } from '../login-secret.ts';
import { type AdapterCall, adapterRequest } from './adapter-request.ts';
import {
  type Carrier,
  DEFAULT_INPUTS,
  type Executed,
  type ExecuteOptions,
  type Output,
  type WorkflowStatus,
} from './carrier.ts';
import type { BmcContext } from './context.ts';
import { callFault, type Fault, faultOf, refusedLogin, restingFault } from './errors.ts';
import type { BmcOptions } from './options.ts';
import { readAnswer } from './rest-answer.ts';
import type { BmcSecret } from './secret.ts';

/** SOAP 1.1. */
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const SOA = 'http://bmc.com/ao/xsd/2008/09/soa';
const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';

/**
 * The ORCA web service, 7.5 and later: SOAP 1.1, credentials in every message, no session. Synchronous only: how it starts a
 * workflow without waiting is not on record.
 */
export class OrcaCarrier implements Carrier {
  readonly #context: BmcContext;
  readonly #secret: LoginSecret<BmcSecret, Fault>;

  constructor(context: BmcContext, secret: LoginSecret<BmcSecret, Fault>) {
    this.#context = context;
    this.#secret = secret;
  }

  /** Authentication comes before anything is done, so even a submit may be repeated; once, with a newer secret only. */
  async execute(call: AdapterCall, options: ExecuteOptions): Promise<Executed> {
    const what = `${call.operation} at ${this.#context.name}`;
    try {
      const executed = await this.#secret.attempt(async (secret) => {
        const value = await this.#send(call, secret, what, options);
        if (isRejected(value)) return { kind: 'refused', refusal: value.fault };
        return { kind: value.kind === 'outputs' ? 'accepted' : 'undecided', value };
      });
      if ('value' in executed) return executed.value;
      return { kind: 'fault', fault: { ...restingFault(executed.refusal, executed), sent: false } };
    } catch (error) {
      return { kind: 'fault', fault: faultOf(error, what) };
    }
  }

  async status(workflow: string): Promise<WorkflowStatus> {
    const what = `status of workflow ${workflow} at ${this.#context.name}`;
    return { kind: 'fault', fault: callFault('HTTP 501', what, 'a workflow of REST cannot be followed over ORCA') };
  }

  async #send(
    call: AdapterCall,
    secret: BmcSecret,
    what: string,
    { fresh, signal }: ExecuteOptions,
  ): Promise<Executed> {
    const { options, http, now } = this.#context;
    const response = await http.request({
      method: 'POST',
      url: options.url,
      headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: '"executeProcess"' },
      body: `<?xml version="1.0" encoding="UTF-8"?>${render(envelope(call, options, secret))}`,
      ...(fresh && { fresh }),
      signal,
    });
    const executed = executedOf(response, what, now(), secret.username);
    return isRejected(executed) ? { kind: 'fault', fault: refusedLogin(executed.fault, secret) } : executed;
  }
}

/** The service says it in a SOAP fault; a bare 401 is a proxy's. */
function isRejected(executed: Executed): executed is { kind: 'fault'; fault: Fault } {
  return executed.kind === 'fault' && executed.fault.code === 'AuthenticationFailed';
}

function envelope(call: AdapterCall, options: BmcOptions, secret: BmcSecret): XmlNode {
  const inputs = options.inputs ?? DEFAULT_INPUTS;
  const parameter = (name: string, type: string, value: XmlNode) =>
    element(
      'soa:Parameter',
      {},
      element('soa:Name', { required: 'true' }, name),
      element('soa:Value', { 'soa:type': type }, value),
    );
  const input = element(
    'soa:Input',
    {},
    parameter(inputs.request, 'xs:anyType', element('soa:XmlDoc', {}, adapterRequest(call, options, secret))),
    parameter(inputs.adapter, 'xs:string', element('soa:Text', {}, options.adapter)),
  );
  const output = element('soa:Output', {
    'xsi:type': 'soa:OutputType',
    'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
  });
  const execute = element(
    'soa:executeProcess',
    {},
    element('soa:gridName', {}, options.gridName),
    element('soa:processName', {}, options.process),
    element('soa:parameters', {}, input, output),
  );
  return element(
    'soapenv:Envelope',
    { 'xmlns:soapenv': SOAP, 'xmlns:soa': SOA },
    element('soapenv:Header', {}, security(secret)),
    element('soapenv:Body', {}, execute),
  );
}

function security({ username, password }: BmcSecret): XmlNode {
  const token = element(
    'wsse:UsernameToken',
    {},
    element('wsse:Username', {}, username),
    element('wsse:Password', { Type: `${WSS}-username-token-profile-1.0#PasswordText` }, password),
  );
  return element(
    'wsse:Security',
    { 'soapenv:mustUnderstand': '1', 'xmlns:wsse': `${WSS}-wssecurity-secext-1.0.xsd` },
    token,
  );
}

/** Error answers are not uniform, so a fault is looked for first and the expected document is what counts. */
function executedOf(response: HttpResponse, what: string, now: number, username: string): Executed {
  const body = bodyOf(response.body);
  if (!body) {
    const answer = readAnswer(response, what, now);
    return answer.kind === 'fault' ? answer : { kind: 'fault', fault: callFault('garbage', what) };
  }
  const soapFault = child(body, 'Fault', SOAP);
  if (soapFault) {
    const text = child(soapFault, 'faultstring')?.text ?? '';
    const isOwn = isOwnRefusal(child(soapFault, 'faultcode')?.text ?? '', text, username);
    return { kind: 'fault', fault: callFault(isOwn ? 'AuthenticationFailed' : 'SoapFault', what, text) };
  }
  const answer = child(body, 'executeProcessResponse');
  if (!answer || response.status !== 200) return { kind: 'fault', fault: callFault('garbage', what) };
  return { kind: 'outputs', outputs: outputsIn(answer) };
}

/** Codes of WS-Security for what is wrong with our own header. */
const SECURITY_CODES = /(^|:)(FailedAuthentication|InvalidSecurity|InvalidSecurityToken)\s*$/;
/**
 * The sentence for a wrong password as public clients know it, and its like, as the whole text, with our user's name or
 * without one: a workflow's own failure may speak of the authentication at any other system, and that password is not ours.
 */
const OWN_REFUSAL =
  /^(?:[\w.$]+(?:Exception|Fault|Error):\s*)*(?:Authentication of Username ?(?:\/)?Password Token Failed|(?:user(?:name password token)? )?(?:authentication|login) (?:has )?(?:failed|failure)|(?:invalid|incorrect|bad) (?:user ?name(?: or |\/)password|credentials)|(?:the )?user ?name or password is (?:incorrect|invalid|wrong)|the security token could not be authenticated or authorized)(?: for (?:the )?(?:user )?['"]?([^\s'"]+?)['"]?)?[.!]?$/i;

function isOwnRefusal(faultcode: string, text: string, username: string): boolean {
  if (SECURITY_CODES.test(faultcode)) return true;
  const refusal = OWN_REFUSAL.exec(text.slice(0, 500).replace(/\s+/g, ' ').trim());
  return refusal !== null && (refusal[1] ?? username).toLowerCase() === username.toLowerCase();
}

function bodyOf(text: string): XmlElement | undefined {
  try {
    const root = parseXml(text.trimStart());
    return root.ns === SOAP && root.name === 'Envelope' ? child(root, 'Body', SOAP) : undefined;
  } catch {
    return undefined;
  }
}

/** Every Parameter wherever it stands: one or many, inside one Output or two. */
function outputsIn(element: XmlElement): Output[] {
  return element.children.flatMap((inner) => (inner.name === 'Parameter' ? [outputOf(inner)] : outputsIn(inner)));
}

function outputOf(parameter: XmlElement): Output {
  const value = child(parameter, 'Value') ?? parameter;
  const document = child(value, 'XmlDoc');
  const text = child(value, 'Text');
  return { name: child(parameter, 'Name')?.text ?? '', value: document ?? text?.text ?? value };
}
