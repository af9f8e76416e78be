import type { HttpResponse } from '../../http/client.ts';
import { child, parseXml, type XmlElement, XmlError, XSI } from '../../xml/parse.ts';
import { element, render, type XmlNode } from '../../xml/write.ts';

export const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
export const ENCODING = 'http://schemas.xmlsoap.org/soap/encoding/';
const XSD = 'http://www.w3.org/2001/XMLSchema';

export interface Method {
  interface: 'System/VCMP' | 'System/Cluster';
  name: string;
}

/** The namespace of an interface's methods, and the value of SOAPAction for all of them. */
export function namespaceOf(method: Method): string {
  return `urn:iControl:${method.interface}`;
}

/** SOAP 1.1, RPC, encoded: the method is qualified, its parameters are not. */
export function envelope(method: Method, parameters: readonly XmlNode[]): string {
  const call = element(
    `i:${method.name}`,
    { 'xmlns:i': namespaceOf(method), 'soapenv:encodingStyle': ENCODING },
    ...parameters,
  );
  const root = element(
    'soapenv:Envelope',
    {
      'xmlns:soapenv': SOAP,
      'xmlns:soapenc': ENCODING,
      'xmlns:xsi': XSI,
      'xmlns:xsd': XSD,
      'xmlns:iControl': 'urn:iControl',
    },
    element('soapenv:Body', {}, call),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${render(root)}`;
}

/** A parameter that is an array, with the type that the WSDL gives its items. */
export function array(name: string, type: string, items: readonly XmlNode[]): XmlNode {
  return element(name, { 'xsi:type': 'soapenc:Array', 'soapenc:arrayType': `${type}[${items.length}]` }, ...items);
}

export function item(...content: readonly (XmlNode | string)[]): XmlNode {
  return element('item', {}, ...content);
}

/** `xsd:string[]` and the enumerations. */
export function words(name: string, values: readonly string[], type = 'xsd:string'): XmlNode {
  return array(
    name,
    type,
    values.map((value) => item(value)),
  );
}

/** `T[][]`: an inner array has an arrayType, and no type. */
export function lists(name: string, values: readonly (readonly string[])[], type = 'xsd:string'): XmlNode {
  const inner = values.map((list) =>
    element('item', { 'soapenc:arrayType': `${type}[${list.length}]` }, ...list.map((value) => item(value))),
  );
  return array(name, `${type}[]`, inner);
}

export type Answer =
  /** `value` is absent for void. */
  | { kind: 'answer'; value: XmlElement | undefined }
  | { kind: 'fault'; faultcode: string; faultstring: string }
  /** Not from the SOAP engine: `HTTP 503`, or what is wrong with a 200. */
  | { kind: 'other'; code: string };

/**
 * Reads by namespace alone: the engine writes a success with the prefixes E, A, s, y and m, a fault with SOAP-ENV, xsi and
 * xsd. A fault comes with HTTP 500, which is how every refusal comes, so the body is looked at before the status.
 */
export function readAnswer(method: Method, { status, body: text }: Pick<HttpResponse, 'status' | 'body'>): Answer {
  const root = parsed(text);
  const body = root?.ns === SOAP && root.name === 'Envelope' ? child(root, 'Body', SOAP) : undefined;
  const fault = body && child(body, 'Fault', SOAP);
  if (fault) {
    const faultcode = child(fault, 'faultcode')?.text.trim() ?? '';
    return {
      kind: 'fault',
      faultcode: faultcode.slice(faultcode.indexOf(':') + 1),
      faultstring: child(fault, 'faultstring')?.text ?? '',
    };
  }
  if (status !== 200) return { kind: 'other', code: `HTTP ${status}` };
  const answer = body && child(body, `${method.name}Response`, namespaceOf(method));
  if (answer) return { kind: 'answer', value: child(answer, 'return') };
  return { kind: 'other', code: notAnAnswer(text) };
}

function notAnAnswer(text: string): string {
  if (text.trim() === '') return 'empty';
  return /<html|<!doctype html/i.test(text.slice(0, 2000)) ? 'html' : 'garbage';
}

function parsed(text: string): XmlElement | undefined {
  try {
    return parseXml(text);
  } catch (error) {
    if (error instanceof XmlError) return undefined;
    throw error;
  }
}
