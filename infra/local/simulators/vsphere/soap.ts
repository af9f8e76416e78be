import { attribute, child, parseXml, type XmlElement, XmlError } from '../../../../shared/xml/parse.ts';
import { element, render, type XmlNode } from '../../../../shared/xml/write.ts';

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
const VIM = 'urn:vim25';

export interface MoRef {
  type: string;
  value: string;
}

/** A fault of the platform: thrown by a call, or the end of a task. */
export class VimFault extends Error {
  override readonly name = 'VimFault';
  readonly type: string;
  readonly fields: XmlNode[];

  constructor(type: string, message: string, fields: XmlNode[] = []) {
    super(message);
    this.type = type;
    this.fields = fields;
  }
}

export interface Call {
  method: string;
  self: MoRef;
  parameters: readonly XmlElement[];
}

/**
 * Reads a request as strictly as a real server, which the usual simulator does not: namespaces, SOAPAction, `_this` first.
 *
 * @throws {VimFault} InvalidRequest
 */
export function readCall(body: string, soapAction: string | undefined, apiVersion: string): Call {
  const root = parsed(body);
  const soapBody = root.ns === SOAP && root.name === 'Envelope' ? child(root, 'Body', SOAP) : undefined;
  const method = soapBody?.children[0];
  if (!method || soapBody.children.length !== 1) throw invalid('The body must hold one method element');
  if (method.ns !== VIM) throw invalid(`Unexpected namespace "${method.ns}" of the method ${method.name}`);
  checkVersion(soapAction, apiVersion);
  const [self, ...parameters] = method.children;
  const type = self && attribute(self, 'type');
  if (self?.name !== '_this' || !type) throw invalid(`Expected element _this with a type first in ${method.name}`);
  checkNamespaces(method);
  return { method: method.name, self: { type, value: self.text }, parameters };
}

function parsed(body: string): XmlElement {
  try {
    return parseXml(body);
  } catch (error) {
    if (error instanceof XmlError) throw invalid(error.message);
    throw error;
  }
}

function checkNamespaces(element: XmlElement): void {
  for (const inner of element.children) {
    if (inner.ns !== VIM) throw invalid(`Unexpected element tag "${inner.name}" of namespace "${inner.ns}"`);
    checkNamespaces(inner);
  }
}

function checkVersion(soapAction: string | undefined, apiVersion: string): void {
  const asked = /^"?urn:vim25\/(\d+(?:\.\d+)*)"?$/.exec(soapAction ?? '')?.[1];
  if (asked === undefined) throw invalid(`Unsupported version URI "${soapAction ?? ''}"`);
  if (newer(asked, apiVersion)) throw invalid(`Unsupported version URI "urn:vim25/${asked}"`);
}

function newer(a: string, b: string): boolean {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  const place = left.findIndex((part, index) => part !== (right[index] ?? 0));
  return place >= 0 && left[place]! > (right[place] ?? 0);
}

function invalid(message: string): VimFault {
  return new VimFault('InvalidRequest', message);
}

/**
 * Checks names and order of the parameters: `?` may be absent, `*` may be repeated or absent.
 *
 * @throws {VimFault} InvalidRequest
 */
export function checkOrder(method: string, parameters: readonly XmlElement[], order: readonly string[]): void {
  const names = order.map((it) => it.replace(/[?*]$/, ''));
  let at = 0;
  for (const { name } of parameters) {
    const place = names.indexOf(name, at);
    if (place < 0) throw invalid(`Unexpected element tag "${name}" seen while parsing parameters of ${method}`);
    at = order[place]!.endsWith('*') ? place : place + 1;
  }
  const missing = order.find((it) => !/[?*]$/.test(it) && !parameters.some(({ name }) => name === it));
  if (missing) throw invalid(`Required parameter ${missing} is missing in ${method}`);
}

export function answer(method: string, values: readonly XmlNode[]): string {
  return envelope(element(`${method}Response`, { xmlns: VIM }, ...values));
}

export function faultAnswer(fault: VimFault): string {
  return envelope(
    element(
      'soapenv:Fault',
      {},
      element('faultcode', {}, 'ServerFaultCode'),
      element('faultstring', {}, fault.message),
      element('detail', {}, element(`${fault.type}Fault`, { xmlns: VIM, 'xsi:type': fault.type }, ...fault.fields)),
    ),
  );
}

function envelope(content: XmlNode): string {
  const root = element(
    'soapenv:Envelope',
    { 'xmlns:soapenv': SOAP, 'xmlns:xsd': 'http://www.w3.org/2001/XMLSchema', 'xmlns:xsi': XSI },
    element('soapenv:Body', {}, content),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${render(root)}`;
}

export function moref(name: string, reference: MoRef, xsiType?: string): XmlNode {
  return element(name, { 'xsi:type': xsiType, type: reference.type }, reference.value);
}

export function morefIn(element: XmlElement | undefined): MoRef {
  return { type: (element && attribute(element, 'type')) ?? '', value: element?.text ?? '' };
}

/** LocalizedMethodFault. */
export function localizedFault(name: string, fault: VimFault): XmlNode {
  return element(
    name,
    {},
    element('fault', { 'xsi:type': fault.type }, ...fault.fields),
    element('localizedMessage', {}, fault.message),
  );
}

export function notFound(object: MoRef): VimFault {
  return new VimFault(
    'ManagedObjectNotFound',
    'The object has already been deleted or has not been completely created',
    [moref('obj', object)],
  );
}

export function notAuthenticated(object: MoRef): VimFault {
  return new VimFault('NotAuthenticated', 'The session is not authenticated.', [
    moref('object', object),
    element('privilegeId', {}, 'System.View'),
  ]);
}
