import { attribute, child, parseXml, type XmlElement, XmlError } from '../../../../shared/xml/parse.ts';
import { element, type XmlNode } from '../../../../shared/xml/write.ts';

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const ENCODING = 'http://schemas.xmlsoap.org/soap/encoding/';
const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
const XSD = 'http://www.w3.org/2001/XMLSchema';

/** A fault of the SOAP engine itself, or of the method behind it. */
export class EngineFault extends Error {
  override readonly name = 'EngineFault';
  readonly faultcode: 'Client' | 'Server' | 'MustUnderstand';

  constructor(faultcode: 'Client' | 'Server' | 'MustUnderstand', text: string) {
    super(text);
    this.faultcode = faultcode;
  }
}

/** An exception of iControl: all of it becomes text. */
export class IControlException extends Error {
  override readonly name = 'IControlException';
  readonly type: string;
  readonly code: number;

  constructor(type: 'AccessDenied' | 'InvalidArgument' | 'OperationFailed', code: number, text: string) {
    super(text);
    this.type = type;
    this.code = code;
  }
}

/** `01020036:3: …` */
export function operationFailed(code: number, text: string): IControlException {
  return new IControlException('OperationFailed', code, `${hex(code)}:3: ${text}`);
}

export function invalidArgument(text: string): IControlException {
  return new IControlException('InvalidArgument', 0, text);
}

export interface Call {
  /** `System/VCMP` */
  interface: string;
  name: string;
  parameter(name: string): XmlElement;
}

/**
 * Reads a request, and is stricter than the engine: SOAPAction must be right, parameters must be in no namespace, and an
 * arrayType must tell the true length.
 *
 * @throws {EngineFault}
 */
export function readCall(contentType: string, soapAction: string, body: string): Call {
  if (!/^text\/xml\s*(;|$)/.test(contentType)) {
    throw new EngineFault('Client', `Unexpected content type, only support text/xml: ${contentType}`);
  }
  const root = parsed(body);
  if (root.ns !== SOAP || root.name !== 'Envelope') {
    throw new EngineFault('Client', `Unknown SOAP response tag: ${root.ns}#${root.name}`);
  }
  for (const header of child(root, 'Header', SOAP)?.children ?? []) {
    if (/^(1|true)$/.test(attribute(header, 'mustUnderstand', SOAP) ?? ''))
      throw new EngineFault('MustUnderstand', `Failed to understand header {${header.ns}}:${header.name}`);
  }
  const method = child(root, 'Body', SOAP)?.children[0];
  if (!method) throw new EngineFault('Client', 'Error while parsing SOAP XML payload: no method');
  const unknown = new EngineFault('Client', `Unknown method "{${method.ns}}:${method.name}"`);
  const spoken = /^urn:iControl:(\w+\/\w+)$/.exec(method.ns)?.[1];
  if (spoken === undefined || soapAction !== `"${method.ns}"`) throw unknown;
  return {
    interface: spoken,
    name: method.name,
    parameter(name) {
      const found = child(method, name, '');
      if (!found) throw new EngineFault('Server', `Could not find element by name: ${name}`);
      checkLength(found);
      return found;
    },
  };
}

function checkLength(list: XmlElement): void {
  const told = /\[(\d+)\]$/.exec(attribute(list, 'arrayType', ENCODING) ?? '')?.[1];
  if (told !== undefined && Number(told) !== list.children.length) {
    throw new EngineFault('Client', `arrayType of ${list.name} tells ${told} items, there are ${list.children.length}`);
  }
  for (const inner of list.children) checkLength(inner);
}

function parsed(body: string): XmlElement {
  try {
    if (body.trim() === '') throw new XmlError('no element found');
    return parseXml(body);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw new EngineFault('Client', `Error while parsing SOAP XML payload: ${error.message}`);
  }
}

/** A success: prefixes E, A, s, y, iControl and m. */
export function success(call: Pick<Call, 'interface' | 'name'>, value: XmlNode | undefined): string {
  const answer = element(`m:${call.name}Response`, { 'xmlns:m': `urn:iControl:${call.interface}` }, value);
  return layOut(
    element(
      'E:Envelope',
      {
        'xmlns:E': SOAP,
        'xmlns:A': ENCODING,
        'xmlns:s': XSI,
        'xmlns:y': XSD,
        'xmlns:iControl': 'urn:iControl',
        'E:encodingStyle': ENCODING,
      },
      element('E:Body', {}, answer),
    ),
  );
}

/** A fault: other prefixes (SOAP-ENV, xsi, xsd), no detail, everything in the text. */
export function failure(error: unknown, call: Pick<Call, 'interface' | 'name'> | undefined): string {
  const fault = error instanceof EngineFault ? error : undefined;
  const text =
    error instanceof IControlException ? exceptionText(error, call!) : (fault?.message ?? 'Serious error occured.');
  const typed = (name: string, value: string) => element(name, { 'xsi:type': 'xsd:string' }, value);
  const body = element(
    'SOAP-ENV:Fault',
    {},
    typed('faultcode', `SOAP-ENV:${fault?.faultcode ?? 'Server'}`),
    typed('faultstring', text),
  );
  const names = { 'xmlns:SOAP-ENV': SOAP, 'xmlns:xsi': XSI, 'xmlns:xsd': XSD };
  return layOut(element('SOAP-ENV:Envelope', names, element('SOAP-ENV:Body', {}, body)));
}

function exceptionText({ type, code, message }: IControlException, call: Pick<Call, 'interface' | 'name'>): string {
  const module = call.interface.split('/')[0];
  return [
    `Exception caught in ${module}::urn:iControl:${call.interface}::${call.name}()`,
    `Exception: Common::${type}`,
    `\tprimary_error_code   : ${code} (0x${hex(code)})`,
    '\tsecondary_error_code : 0',
    `\terror_string         : ${message}`,
  ].join('\n');
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(8, '0');
}

const REFERENCES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '"': '&quot;',
  '\r': '&#xd;',
};

/** As the engine prints: CRLF after every tag and before every attribute, which is set off by a TAB. No XML declaration. */
function layOut(node: XmlNode): string {
  const attributes = Object.entries(node.attributes).map(([name, value]) => `\r\n\t${name}="${escaped(value)}"`);
  const isText = node.children.every((inner) => typeof inner === 'string');
  const content = node.children.map((inner) => (typeof inner === 'string' ? escaped(inner) : layOut(inner))).join('');
  return `<${node.name}${attributes.join('')}>${isText ? '' : '\r\n'}${content}</${node.name}>\r\n`;
}

function escaped(text: string): string {
  return text.replace(/[&<>'"\r]/g, (character) => REFERENCES[character]!);
}

export function scalar(name: string, type: string, value: string | number | boolean): XmlNode {
  return element(name, { 's:type': type }, String(value));
}

/** `T[n]`; simple items carry no type. */
export function arrayOf(type: string, items: readonly string[]): XmlNode {
  return returned(
    type,
    items.length,
    items.map((it) => element('item', {}, it)),
  );
}

/** `T[][n]`: an outer item has an arrayType and no type, an inner one neither. */
export function arrayOfArrays(type: string, lists: readonly (readonly XmlNode[])[]): XmlNode {
  const outer = lists.map((list) => element('item', { 'A:arrayType': `${type}[${list.length}]` }, ...list));
  return returned(`${type}[]`, lists.length, outer);
}

function returned(type: string, length: number, items: readonly XmlNode[]): XmlNode {
  return element('return', { 's:type': 'A:Array', 'A:arrayType': `${type}[${length}]` }, ...items);
}
