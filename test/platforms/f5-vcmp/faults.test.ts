import { describe, expect, it } from 'vitest';
import {
  checkFailure,
  guestNamedBy,
  nothingStarted,
  readFault,
  submitFailure,
} from '../../../shared/platforms/f5-vcmp/faults.ts';
import { readAnswer } from '../../../shared/platforms/f5-vcmp/soap.ts';

const METHOD = { interface: 'System/VCMP', name: 'get_completion_status' } as const;

function exception(type: string, code: number, text: string): string {
  return [
    'Exception caught in System::urn:iControl:System/VCMP::get_completion_status()',
    `Exception: Common::${type}`,
    `\tprimary_error_code   : ${code} (0x${code.toString(16).toUpperCase().padStart(8, '0')})`,
    '\tsecondary_error_code : 0',
    `\terror_string         : ${text}`,
  ].join('\n');
}

const NOT_FOUND = exception(
  'OperationFailed',
  16908342,
  '01020036:3: The requested VCMP Guest (guest9) was not found.',
);

describe('a fault', () => {
  it('F5-02 F5-15 F5-16 is read by namespace, from an HTTP 500, over its line breaks', () => {
    const body = `<SOAP-ENV:Envelope\r\n\txmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"\r\n\txmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"\r\n\txmlns:xsd="http://www.w3.org/2001/XMLSchema">\r\n<SOAP-ENV:Body>\r\n<SOAP-ENV:Fault>\r\n<faultcode\r\n\txsi:type="xsd:string">SOAP-ENV:Server</faultcode>\r\n<faultstring\r\n\txsi:type="xsd:string">${NOT_FOUND}</faultstring>\r\n</SOAP-ENV:Fault>\r\n</SOAP-ENV:Body>\r\n</SOAP-ENV:Envelope>\r\n`;
    const answer = readAnswer(METHOD, { status: 500, body });
    expect(answer).toMatchObject({ kind: 'fault', faultcode: 'Server' });
    if (answer.kind !== 'fault') return;
    expect(readFault(answer.faultcode, answer.faultstring)).toEqual({
      code: '01020036',
      text: '01020036:3: The requested VCMP Guest (guest9) was not found.',
    });
  });

  it('F5-15 is no reason to try again for ever: a 500 without a fault is', () => {
    const page = readAnswer(METHOD, { status: 500, body: '<html>starting</html>' });
    expect(page).toEqual({ kind: 'other', code: 'HTTP 500' });
    const fault = { text: '', call: 'x', sent: true };
    expect(checkFailure({ ...fault, code: 'HTTP 500' }).kind).toBe('transient');
    expect(checkFailure({ ...fault, code: '01020036' }).kind).toBe('not_found');
  });

  it.each([
    [NOT_FOUND, '01020036'],
    [exception('OperationFailed', 16908390, '01020066:3: The requested Guest (a) already exists.'), '01020066'],
    [exception('OperationFailed', 17236787, '01070333:3: no\nsecond line'), '01070333'],
    [exception('AccessDenied', 17238050, '01070822:3: Access Denied'), 'Common::AccessDenied'],
    [exception('AccessDenied', 16908342, '01020036:3: no'), 'Common::AccessDenied'],
    [exception('InvalidArgument', 0, 'not a state'), 'Common::InvalidArgument'],
    [exception('InvalidArgument', 16908342, '01020036:3: was not found'), '01020036'],
    [exception('OperationFailed', 0, 'mcpd is away'), 'Common::OperationFailed'],
    ['\terror_string         : 01020036:3: (a) was not found', '01020036'],
    [exception('OperationFailed', 0, 'The requested VCMP Guest (guest9) was not found.'), '01020036'],
    ['\terror_string         : Guest guest9 does not exist', '01020036'],
    [exception('AccessDenied', 0, 'The guest was not found'), 'Common::AccessDenied'],
    [exception('OperationFailed', 0, 'The image was not found'), 'Common::OperationFailed'],
    [exception('OperationFailed', 0, 'The image for guest g1 was not found on disk'), 'Common::OperationFailed'],
    [exception('OperationFailed', 0, 'No such guest: guest g1 does not exist'), '01020036'],
    [exception('OperationFailed', 0, 'VLAN of guest g1: it does not exist'), 'Common::OperationFailed'],
    [
      exception('OperationFailed', 17236992, '01070400:3: The connection to mcpd has been lost, try again.'),
      'Common::OperationFailed',
    ],
    [exception('OperationFailed', 0, 'Unable to connect to mcpd'), 'Common::OperationFailed'],
    [
      exception('OperationFailed', 17237452, '010713cc:3: The configuration has not yet loaded.'),
      'Common::OperationFailed',
    ],
    [exception('OperationFailed', 17236992, '01070400:3: mcpd is not running'), 'Common::OperationFailed'],
    [
      exception('OperationFailed', 16908342, '01020036:3: mcpd is restarting, the guest was not found'),
      'Common::OperationFailed',
    ],
    [exception('OperationFailed', 17236992, '01070400:3: The system is not ready'), 'Common::OperationFailed'],
    ['mcpd exited', 'Common::OperationFailed'],
    [exception('OperationFailed', 17236992, '01070400:3: The guest needs 2 cores'), '01070400'],
    [exception('OperationFailed', 17236992, '01070400:3: Failover group is not defined'), '01070400'],
    [exception('AccessDenied', 17238050, '01070822:3: Access to mcpd connection denied'), 'Common::AccessDenied'],
    ['Serious error occured.', 'Serious error'],
    ['Could not find element by name: guests', 'Could not find element'],
    ['something else', 'SOAP-ENV:Server'],
    ['', 'SOAP-ENV:Server'],
  ])('%j: %s', (text, code) => {
    expect(readFault('Server', text).code).toBe(code);
  });

  it('keeps all lines of the text', () => {
    expect(readFault('Server', exception('OperationFailed', 1, 'one\n two\nthree')).text).toBe('one\n two\nthree');
  });

  it.each([
    ['Common::AccessDenied', 'permanent', 'refused'],
    ['Common::InvalidArgument', 'permanent', 'refused'],
    ['Common::Unheard', 'transient', 'unknown'],
    ['01020036', 'not_found', 'refused'],
    ['01020066', 'permanent', 'refused'],
    ['01070151', 'permanent', 'refused'],
    ['01020099', 'transient', 'unknown'],
    ['SOAP-ENV:Client', 'permanent', 'refused'],
    ['Serious error', 'transient', 'unknown'],
    ['HTTP 301', 'permanent', 'unavailable'],
    ['HTTP 401', 'permanent', 'unavailable'],
    ['HTTP 404', 'permanent', 'unavailable'],
    ['HTTP 408', 'transient', 'unknown'],
    ['HTTP 429', 'transient', 'unavailable'],
    ['HTTP 503', 'transient', 'unknown'],
    ['html', 'transient', 'unknown'],
    ['http.tls', 'permanent', 'unavailable'],
    ['http.timeout', 'transient', 'unknown'],
    ['constructor', 'transient', 'unknown'],
  ])('%s is %s for a look and %s for a submit', (code, look, submit) => {
    const fault = { code, text: 'no', call: 'x at y', sent: true };
    expect(checkFailure(fault).kind).toBe(look);
    expect(submitFailure(fault).kind).toBe(submit);
    expect(submitFailure({ ...fault, sent: false }).kind).toBe('unavailable');
    expect(nothingStarted(fault).kind).toBe(submit === 'refused' ? 'refused' : 'unavailable');
  });

  it('F5-14 names a guest in parentheses, if it is one of ours', () => {
    expect(guestNamedBy('The requested VCMP Guest (guest9) was not found.', ['guest1', 'guest9'])).toBe('guest9');
    expect(guestNamedBy('The requested (thing) (guest9)', ['guest9'])).toBe('guest9');
    expect(guestNamedBy('The requested VCMP Guest (guest9) was not found.', ['guest1'])).toBeUndefined();
  });
});
