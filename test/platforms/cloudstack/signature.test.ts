import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSigned, type Received, receive } from '../../../infra/local/simulators/cloudstack/signature.ts';
import { type Pairs, signatureOf, signedForm, stringToSign } from '../../../shared/platforms/cloudstack/signature.ts';

const QUERY: Pairs = [
  ['apikey', 'api-key_1'],
  ['command', 'queryAsyncJobResult'],
  ['response', 'json'],
];

/** Names as a client would write them; the strings that were signed stand in section 1.1 of the fact sheet. */
const VECTORS: { name: string; secretKey: string; pairs: Pairs; signed: string; signature: string }[] = [
  {
    name: 'the one of the manual',
    secretKey: 'VDaACYb0LV9eNjTetIOElcVQkvJck_J_QljX_FcHRj87ZKiy0z0ty0ZsYBkoXkY9b7eq1EhwJaw7FF3akA3KBQ',
    pairs: [
      ['apikey', 'plgWJfZK4gyS3mOMTVmjUVg-X-jlWlnfaUJ9GAbBbf9EdM-kAYMmAiLqzzq1ElZLYq_u38zCm0bewzGUdP66mg'],
      ['command', 'listUsers'],
      ['response', 'json'],
    ],
    signed:
      'apikey=plgwjfzk4gys3momtvmjuvg-x-jlwlnfauj9gabbbf9edm-kaymmailqzzq1elzlyq_u38zcm0bewzgudp66mg&command=listusers&response=json',
    signature: 'TTpdDq/7j/J58XCRHomKoQXEQds=',
  },
  {
    name: 'a query',
    secretKey: 'secret-key-1',
    pairs: [['jobid', '1b2d9a1e-7c3f-4c6e-9b60-0f4c0b1f2a3d'], ...QUERY],
    signed: 'apikey=api-key_1&command=queryasyncjobresult&jobid=1b2d9a1e-7c3f-4c6e-9b60-0f4c0b1f2a3d&response=json',
    signature: 'RRGukU7vo9L9MpXTCS50Yf76qpY=',
  },
  {
    name: 'everything that needs encoding',
    secretKey: 'secret-key-1',
    pairs: [
      ['apikey', 'api-key_1'],
      ['command', 'deployVirtualMachine'],
      ['displayname', "web (1)! it's ~50% *new* + ü/é"],
      ['zoneid', 'z'],
      ['response', 'json'],
      ['details[0].key', 'a b'],
    ],
    signed:
      'apikey=api-key_1&command=deployvirtualmachine&details[0].key=a%20b&displayname=web%20%281%29%21%20it%27s%20%7e50%25%20*new*%20%2b%20%c3%bc%2f%c3%a9&response=json&zoneid=z',
    signature: 'whUrbGWJup18XtunpsBCLke6b1Y=',
  },
  {
    name: 'with an expiry',
    secretKey: 'secret-key-1',
    pairs: [
      ['jobid', '1b2d9a1e-7c3f-4c6e-9b60-0f4c0b1f2a3d'],
      ...QUERY,
      ['signatureversion', '3'],
      ['expires', '2030-01-01T00:00:00+0000'],
    ],
    signed:
      'apikey=api-key_1&command=queryasyncjobresult&expires=2030-01-01t00%3a00%3a00%2b0000&jobid=1b2d9a1e-7c3f-4c6e-9b60-0f4c0b1f2a3d&response=json&signatureversion=3',
    signature: 'mLMoX6vT4XqeFLv1D7fC5k0VwGE=',
  },
  {
    name: 'a signature with a plus',
    secretKey: 'secret-key-1',
    pairs: [['jobid', '00000000-0000-4000-8000-000000000000'], ...QUERY],
    signed: 'apikey=api-key_1&command=queryasyncjobresult&jobid=00000000-0000-4000-8000-000000000000&response=json',
    signature: 'gg5k+aTyKz9ii8UkfnUp0yhBgRc=',
  },
];

describe('CS-12 signature', () => {
  it.each(VECTORS)('agrees with the vector: $name', ({ pairs, secretKey, signed, signature }) => {
    expect(stringToSign(pairs)).toBe(signed);
    expect(signatureOf(pairs, secretKey)).toBe(signature);
  });

  const keys = { apiKey: 'key+/=', secretKey: 'secret' };
  const name = fc
    .stringMatching(/^[a-z]{1,8}(\[\d\]\.[A-Za-z.]{1,6})?$/)
    .filter((it) => it !== 'expires' && it !== 'apikey');

  it('is accepted by the server for any names and values', () => {
    fc.assert(
      fc.property(fc.dictionary(name, fc.string({ unit: 'binary' })), (parameters) => {
        const received: Received = new Map();
        receive(signedForm(Object.entries(parameters), keys, 60_000), received);
        expect(isSigned(received, keys, 0)).toBe(true);
        for (const [key, value] of Object.entries(parameters)) expect(received.get(key)).toBe(value);
      }),
      { numRuns: 300 },
    );
  });

  it('is refused once a value was changed, and once it has expired', () => {
    const received: Received = new Map();
    receive(signedForm([['command', 'listZones']], keys, 60_000), received);
    expect(isSigned(received, keys, 59_000)).toBe(true);
    expect(isSigned(received, keys, 60_000)).toBe(false);
    received.set('command', 'listUsers');
    expect(isSigned(received, keys, 0)).toBe(false);
  });

  it('writes lone surrogates as it signs them', () => {
    const received: Received = new Map();
    receive(signedForm([['name', 'a\ud800b']], keys, 60_000), received);
    expect(isSigned(received, keys, 0)).toBe(true);
  });

  it('is refused with a plus that was not encoded, which arrives as a blank', () => {
    const secret = { apiKey: 'api-key_1', secretKey: 'secret-key-1' };
    const form = (signature: string) =>
      `jobid=00000000-0000-4000-8000-000000000000&apikey=api-key_1&command=queryAsyncJobResult&response=json&signature=${signature}`;
    const accepted = (signature: string) => {
      const received: Received = new Map();
      receive(form(signature), received);
      return isSigned(received, secret, 0);
    };
    expect(accepted('gg5k%2BaTyKz9ii8UkfnUp0yhBgRc%3D')).toBe(true);
    expect(accepted('gg5k+aTyKz9ii8UkfnUp0yhBgRc%3D')).toBe(false);
  });
});
