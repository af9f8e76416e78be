import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type F5VcmpSimulator, startF5VcmpSimulator } from '../../../infra/local/simulators/f5-vcmp.ts';
import { envelope, words } from '../../../shared/platforms/f5-vcmp/soap.ts';

const METHOD = { interface: 'System/VCMP', name: 'get_completion_status' } as const;
let simulator: F5VcmpSimulator;
beforeAll(async () => {
  simulator = await startF5VcmpSimulator();
});
afterAll(() => simulator.close());

const authorization = `Basic ${btoa('admin:simulated')}`;
const portal = () => `${simulator.connection.url}/iControl/iControlPortal.cgi`;
function post(body: string, headers: Record<string, string> = {}) {
  return fetch(portal(), {
    method: 'POST',
    headers: {
      authorization,
      'content-type': 'text/xml; charset=utf-8',
      soapaction: '"urn:iControl:System/VCMP"',
      ...headers,
    },
    body,
  });
}
const ask = (...guests: string[]) => envelope(METHOD, [words('guests', guests)]);

describe('the simulator', () => {
  it('F5-16 writes as the engine does: CRLF and TAB before every attribute', async () => {
    const { name } = simulator.host.add();
    const response = await post(ask(name));
    const text = await response.text();
    expect(response.headers.get('soapserver')).toBe('EasySoap++/0.6');
    expect(text).toMatch(/^<E:Envelope\r\n\txmlns:E="http:\/\/schemas\.xmlsoap\.org\/soap\/envelope\/"\r\n\txmlns:A=/);
    expect(text).toContain(
      'A:arrayType="iControl:System.VCMP.VCMPCompletionStatus[][1]">\r\n<item\r\n\tA:arrayType="iControl:System.VCMP.VCMPCompletionStatus[0]"></item>\r\n</return>',
    );
  });

  it('F5-02 writes a fault with other prefixes and HTTP 500', async () => {
    const response = await post(ask('guest9'));
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).toMatch(/^<SOAP-ENV:Envelope\r\n\txmlns:SOAP-ENV=/);
    expect(text).toContain('primary_error_code   : 16908342 (0x01020036)\n');
    expect(text).toContain(
      'error_string         : 01020036:3: The requested VCMP Guest (guest9) was not found.</faultstring>',
    );
  });

  it.each([
    ['another media type', () => post(ask('g'), { 'content-type': 'application/soap+xml' }), 'Unexpected content type'],
    [
      'SOAP 1.2',
      () => post(ask('g').replace('schemas.xmlsoap.org/soap/envelope/', 'www.w3.org/2003/05/soap-envelope')),
      'Unknown SOAP response tag',
    ],
    ['an unknown method', () => post(ask('g').replaceAll('get_completion_status', 'nosuch')), 'Unknown method'],
    [
      'a misspelled parameter',
      () => post(ask('g').replaceAll('guests', 'guest')),
      'Could not find element by name: guests',
    ],
    ['a wrong SOAPAction', () => post(ask('g'), { soapaction: '"urn:iControl:System/Cluster"' }), 'Unknown method'],
    ['a wrong length of an array', () => post(ask('g').replace('[1]', '[2]')), 'arrayType of guests'],
    ['no body', () => post(''), 'no element found'],
    ['an unknown session', () => post(ask('g'), { 'x-icontrol-session': '7' }), 'session'],
  ])('refuses %s', async (_, request, text) => {
    const response = await request();
    expect(response.status).toBe(500);
    expect(await response.text()).toContain(text);
  });

  it('answers bad credentials with a web page, and locks the account after five', async () => {
    const own = await startF5VcmpSimulator();
    const url = `${own.connection.url}/iControl/iControlPortal.cgi`;
    const tried = async (password: string) =>
      fetch(url, { method: 'POST', headers: { authorization: `Basic ${btoa(`admin:${password}`)}` }, body: '' });
    const first = await tried('wrong');
    expect([first.status, first.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="BIG-\\IP"']);
    expect(await first.text()).toContain('<html>');
    for (let n = 0; n < 4; n++) await tried('wrong');
    expect((await tried('simulated')).status).toBe(401);
    await own.close();
  });

  it('F5-19 has a WSDL with a placeholder for an address', async () => {
    const response = await fetch(`${portal()}?WSDL=System.VCMP`, { headers: { authorization } });
    expect(await response.text()).toContain('https://url_to_service');
  });
});
