import { setTimeout as sleep } from 'node:timers/promises';
import { attribute, child, children, parseXml, text, type XmlElement } from '../../../../shared/xml/parse.ts';
import { element, render, type XmlNode } from '../../../../shared/xml/write.ts';
import type { Answer, ServiceParts } from './rest.ts';
import type { Output } from './workflows.ts';

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const SOA = 'http://bmc.com/ao/xsd/2008/09/soa';
const WSSE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';

class SoapRefusal extends Error {
  override readonly name = 'SoapRefusal';
}

interface OrcaCall {
  gridName: string;
  processName: string;
  inputs: Map<string, string>;
}

/** `/baocdp/orca`, as far as it runs workflows. */
export function orcaService({ secret, settings, process, gridName, run }: ServiceParts & { gridName: string }) {
  const type = 'text/xml;charset=utf-8';
  return async (body: string): Promise<Answer> => {
    try {
      const call = readOrca(body, secret);
      if (call.gridName !== gridName || call.processName !== process) {
        throw new SoapRefusal('No such process on this grid');
      }
      const outputs = run(call.inputs);
      if (settings.workflowMs > 0) await sleep(settings.workflowMs);
      if (settings.endState !== 'COMPLETED') throw new SoapRefusal(`The process ended as ${settings.endState}`);
      return { status: 200, type, text: orcaAnswer(outputs) };
    } catch (error) {
      return { status: 500, type, text: soapFault(error instanceof Error ? error.message : String(error)) };
    }
  };
}

/** Reads an executeProcess. Strict: namespaces, the security header and mustUnderstand must be there. */
function readOrca(body: string, secret: { username: string; password: string }): OrcaCall {
  const root = parseXml(body);
  const header = child(root, 'Header', SOAP);
  const security = header && child(header, 'Security', WSSE);
  const token = security && child(security, 'UsernameToken', WSSE);
  const password = token && child(token, 'Password', WSSE);
  const good =
    security !== undefined &&
    attribute(security, 'mustUnderstand', SOAP) === '1' &&
    text(token!, 'Username') === secret.username &&
    password?.text === secret.password &&
    attribute(password, 'Type')?.endsWith('#PasswordText');
  if (!good) throw new SoapRefusal('Authentication of Username Password Token Failed');
  const call = child(child(root, 'Body', SOAP)!, 'executeProcess', SOA);
  if (!call) throw new SoapRefusal('Unknown operation');
  const input = child(child(call, 'parameters', SOA)!, 'Input', SOA)!;
  return {
    gridName: text(call, 'gridName') ?? '',
    processName: text(call, 'processName') ?? '',
    inputs: new Map(children(input, 'Parameter', SOA).map((it) => [text(it, 'Name') ?? '', inputValue(it)])),
  };
}

function inputValue(parameter: XmlElement): string {
  const value = child(parameter, 'Value', SOA)!;
  const document = child(value, 'XmlDoc', SOA)?.children[0];
  return document ? render(copy(document)) : (text(value, 'Text') ?? '');
}

function copy(it: XmlElement): XmlNode {
  return it.children.length > 0 ? element(it.name, {}, ...it.children.map(copy)) : element(it.name, {}, it.text);
}

/** An output that is a document comes as a document, another one as text. */
function orcaAnswer(outputs: readonly Output[]): string {
  const parameters = outputs.map(({ name, value }) => {
    const document = documentOf(value);
    const held = document ? element('ns1:XmlDoc', {}, copy(document)) : element('ns1:Text', {}, value);
    return element('ns1:Parameter', {}, element('ns1:Name', {}, name), element('ns1:Value', {}, held));
  });
  const output = element('ns1:Output', {}, element('ns1:Output', {}, ...parameters));
  return envelope(element('ns1:executeProcessResponse', { 'xmlns:ns1': SOA }, output));
}

function documentOf(value: string): XmlElement | undefined {
  try {
    return parseXml(value);
  } catch {
    return undefined;
  }
}

function soapFault(message: string): string {
  return envelope(element('S:Fault', {}, element('faultcode', {}, 'S:Server'), element('faultstring', {}, message)));
}

function envelope(content: XmlNode): string {
  return render(element('S:Envelope', { 'xmlns:S': SOAP }, element('S:Body', {}, content)));
}
