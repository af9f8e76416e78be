import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../shared/http/client.ts';
import type { Adapter } from '../../shared/platforms/adapter.ts';
import { adapter as bmc } from '../../shared/platforms/bmc/index.ts';
import { adapter as cloudstack } from '../../shared/platforms/cloudstack/index.ts';
import { adapter as f5Vcmp } from '../../shared/platforms/f5-vcmp/index.ts';
import { adapter as vsphere } from '../../shared/platforms/vsphere/index.ts';
import { blankEnds } from '../../shared/secrets/blank-ends.ts';

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const soap = (body: string) => `<e:Envelope xmlns:e="${SOAP}"><e:Body>${body}</e:Body></e:Envelope>`;
const SERVICE_CONTENT = `<RetrieveServiceContentResponse xmlns="urn:vim25"><returnval><propertyCollector type="PropertyCollector">pc</propertyCollector><about><apiVersion>8.0</apiVersion></about><sessionManager type="SessionManager">sm</sessionManager></returnval></RetrieveServiceContentResponse>`;
const INVALID_LOGIN = `<e:Fault><faultcode>ServerFaultCode</faultcode><faultstring>Cannot complete login.</faultstring><detail><InvalidLoginFault xmlns="urn:vim25" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="InvalidLogin"/></detail></e:Fault>`;
const UNVERIFIED =
  '{"queryasyncjobresultresponse":{"errorcode":401,"errortext":"unable to verify user credentials and/or request signature"}}';
const ORCA_FAULT = `<e:Fault><faultstring>Username Password Token Authentication failed</faultstring></e:Fault>`;

interface Platform {
  adapter: Adapter<never, never, never>;
  options: object;
  secret: (password: string) => object;
  field: string;
  answer: (request: HttpRequest) => { status: number; body: string };
}

const user = (password: string) => ({ username: 'op', password });
const PLATFORMS: Record<string, Platform> = {
  cloudstack: {
    adapter: cloudstack as never,
    options: { url: 'https://cs.example.com/client/api', secret: 'a' },
    secret: (password) => ({ apiKey: 'key', secretKey: password }),
    field: 'secretKey',
    answer: () => ({ status: 401, body: UNVERIFIED }),
  },
  'f5-vcmp': {
    adapter: f5Vcmp as never,
    options: { url: 'https://f5.example.com', secret: 'a' },
    secret: user,
    field: 'password',
    answer: () => ({ status: 401, body: '<html>401 F5 Authorization Required</html>' }),
  },
  bmc: {
    adapter: bmc as never,
    options: { url: 'https://bao.example.com/baocdp/rest', secret: 'a', process: ':M:P', adapter: 'VMware' },
    secret: user,
    field: 'password',
    answer: () => ({ status: 401, body: '{"errorMessage":"no"}' }),
  },
  'bmc over ORCA': {
    adapter: bmc as never,
    options: {
      protocol: 'orca',
      url: 'https://bao.example.com/baocdp/orca',
      secret: 'a',
      process: ':M:P',
      adapter: 'VMware',
      gridName: 'g',
    },
    secret: user,
    field: 'password',
    answer: () => ({ status: 500, body: soap(ORCA_FAULT) }),
  },
  vsphere: {
    adapter: vsphere as never,
    options: { url: 'https://vc.example.com/sdk', secret: 'a' },
    secret: user,
    field: 'password',
    answer: ({ body }) => {
      const login = String(body).includes('<Login');
      return login ? { status: 500, body: soap(INVALID_LOGIN) } : { status: 200, body: soap(SERVICE_CONTENT) };
    },
  },
};

async function refusal({ adapter, options, secret, answer }: Platform, password: string): Promise<string> {
  const connection = adapter.connect({
    name: 'x/y',
    options: options as never,
    secret: async () => secret(password) as never,
    http: { request: async (request) => ({ headers: {}, ...answer(request) }) },
    now: () => 0,
    random: () => 0,
    log: { debug() {}, info() {}, warn() {} },
  });
  const failure = await connection.probe!({ signal: new AbortController().signal });
  expect(failure).toMatchObject({ kind: 'permanent' });
  return failure!.message;
}

describe.each(Object.keys(PLATFORMS))('a refused login at %s', (name) => {
  const platform = PLATFORMS[name]!;

  it.each([
    ['hunter2\n', 'ends with a line break'],
    ['hunter2\r\n', 'ends with a line break'],
    ['hunter2 ', 'ends with a blank'],
    ['\thunter2', 'begins with a blank'],
  ])('says that the password %j %s, and nothing more of it', async (password, said) => {
    const message = await refusal(platform, password);
    expect(message).toContain(`the ${platform.field} in the secret ${said}`);
    expect(message).not.toContain('hunter2');
  });

  it('says nothing of ends that are in order', async () => {
    expect(await refusal(platform, 'hunter 2')).not.toMatch(/line break|blank/);
  });
});

it('names each field that has something at its ends', () => {
  expect(blankEnds({ username: 'op ', password: '\nx', token: 'y' })).toBe(
    'the username in the secret ends with a blank and the password in the secret begins with a line break, which is sent with it: remove it if it does not belong there',
  );
});
