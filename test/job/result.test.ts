import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../shared/job/job.ts';
import { safeResult } from '../../shared/job/result.ts';
import { Looks } from '../../shared/job/soft-state.ts';

describe('results', () => {
  test.each([
    'password',
    'Password',
    'rootPasswd',
    'secretKey',
    'apiKey',
    'sessionId',
    'vmware_soap_session_cookie',
    'privatekey',
    'access_token',
  ])('a field named %s is removed, wherever it stands', (name) => {
    const { result } = safeResult({ vm: [{ [name]: 'canary', id: 'vm-1' }] });
    expect(JSON.stringify(result)).not.toContain('canary');
    expect(result).toEqual({ vm: [{ id: 'vm-1' }] });
  });

  test('a flag about a password is no password', () => {
    expect(safeResult({ passwordenabled: true }).result).toEqual({ passwordenabled: true });
  });

  test('any result fits, and a cut one says so', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat(60_000), (value, length) => {
        const kept = safeResult({ value: value as Json, filler: 'x'.repeat(length) });
        expect(Buffer.byteLength(JSON.stringify(kept.result))).toBeLessThanOrEqual(16 * 1024);
        if (length > 17_000) expect(kept.resultTruncated).toBe(true);
      }),
    );
  });

  test('a long text is cut within the bounds even in characters of many bytes', () => {
    const kept = safeResult('\u{1F600}'.repeat(20_000));
    expect(Buffer.byteLength(JSON.stringify(kept.result))).toBeLessThanOrEqual(16 * 1024);
    expect(kept.resultTruncated).toBe(true);
  });
});

describe('looks', () => {
  const ids = fc.uniqueArray(fc.stringMatching(/^01KSN[0-9A-HJKMNP-TV-Z]{21}$/), { maxLength: 50 });

  test('what is packed comes back, to the second, and never later than it was', () => {
    fc.assert(
      fc.property(
        ids,
        fc.array(fc.integer({ min: 1_760_000_000_000, max: 1_770_000_000_000 }), { minLength: 50, maxLength: 50 }),
        (jobs, times) => {
          const looks = new Looks();
          for (const [i, id] of jobs.entries()) looks.set(id, times[i]!);
          const packed = looks.pack(jobs);
          expect(packed.looks).toHaveLength(11 * jobs.length);
          const back = Looks.unpack(JSON.parse(JSON.stringify(packed)));
          jobs.forEach((id, i) => {
            expect(back.get(id)).toBe(looks.get(id));
            expect(times[i]! - back.get(id)!).toBeLessThan(1000);
            expect(back.get(id)!).toBeLessThanOrEqual(times[i]!);
          });
        },
      ),
    );
  });

  test('jobs that have left are forgotten, garbage is survived', () => {
    const looks = new Looks();
    looks.set('01KSN0000000000000000000AA', 5000);
    expect(looks.pack([])).toEqual({ base: 0, looks: '' });
    expect(Looks.unpack({ base: 0, looks: '??' }).get('01KSN0000000000000000000AA')).toBeUndefined();
  });
});
