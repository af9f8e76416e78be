import type { Canaries } from './canary.ts';
import type { Answer, Dialect } from './front.ts';

const xml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const page = (status: number, text: string): Answer => ({
  status,
  type: 'text/html',
  body: `<html><body>${xml(text)}</body></html>`,
});

/** How each platform refuses, fails, and answers with secrets in its results. */
export function dialects(canaries: Canaries): Record<string, Dialect> {
  const inResult = canaries.plant('password in a result', { plain: true });
  const inPair = canaries.plant('pair in a result', { plain: true });
  const token = canaries.plant('token in a result', { plain: true });

  const soapFault = (type: string, text: string): Answer => ({
    status: 500,
    type: 'text/xml',
    body:
      '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>' +
      `<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>${xml(text)}</faultstring>` +
      `<detail><${type}Fault xmlns="urn:vim25" xsi:type="${type}"><reason>${xml(text)}</reason></${type}Fault></detail>` +
      '</soapenv:Fault></soapenv:Body></soapenv:Envelope>',
  });
  /** Of vim.TaskInfo, where its state is success. */
  const result =
    '<result xsi:type="VirtualMachineConfigInfo" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">' +
    `<name>web</name><password>${inResult}</password><sessionId>${token}</sessionId>` +
    `<extraConfig><key>guestinfo.password</key><value xsi:type="xsd:string">${inPair}</value></extraConfig></result>`;
  const withResult = (body: string) => body.replaceAll('<state>success</state>', `<state>success</state>${result}`);

  const cloudstackError = (status: number, text: string): Answer => ({
    status,
    type: 'application/json',
    body: JSON.stringify({ deployvirtualmachineresponse: { uuidList: [], errorcode: status, errortext: text } }),
  });

  const f5Fault = (text: string): Answer => ({
    status: 500,
    type: 'text/xml',
    body:
      '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body><SOAP-ENV:Fault>' +
      '<faultcode>SOAP-ENV:Server</faultcode><faultstring>Exception caught in System::urn:iControl:System/VCMP::set()\n' +
      `Exception: Common::OperationFailed\n\tprimary_error_code   : 17236592 (0x01070a70)\n\terror_string         : ${xml(text)}` +
      '</faultstring></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>',
  });

  const bmcFailure = (text: string): Answer => ({
    status: 200,
    type: 'application/json',
    body: JSON.stringify({
      outputParameters: [
        {
          name: 'adapter response',
          value: `<vmware-infrastructure-response><metadata><status>error</status><error>${xml(text)}</error></metadata></vmware-infrastructure-response>`,
        },
      ],
    }),
  });

  return {
    vsphere: {
      denied: (echo) => soapFault('InvalidLogin', `Cannot log in with ${echo}`),
      fault: (echo) => soapFault('SystemError', `A general system error occurred: ${echo}`),
      taint: withResult,
    },
    cloudstack: {
      denied: (echo) => cloudstackError(401, `unable to verify user credentials ${echo}`),
      fault: (echo) => cloudstackError(530, `Internal error executing command ${echo}`),
      taint: (body) =>
        body.replace(
          /"virtualmachine"\s*:\s*\{/,
          `$&"password":"${inResult}","secretkey":"${token}","details":[{"name":"root_password","value":"${inPair}"}],`,
        ),
    },
    'f5-vcmp': {
      denied: (echo) => page(401, `Authorization required, not ${echo}`),
      fault: (echo) => f5Fault(`01070a70:3: ${echo}`),
      taint: (body) => body,
    },
    bmc: {
      denied: (echo) => ({ status: 401, type: 'text/plain', body: `Authentication failed for ${echo}` }),
      fault: (echo) => bmcFailure(`com.bmc.Failure: ${echo}`),
      // The document is text inside of JSON, or escaped once more.
      taint: (body) => body.replaceAll('<state>success</state>', () => jsonText(`<state>success</state>${result}`)),
    },
  };
}

const jsonText = (text: string) => JSON.stringify(text).slice(1, -1);
