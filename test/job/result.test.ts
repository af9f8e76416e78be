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
          for (const [i, id] of jobs.entries()) looks.set(id, { at: times[i]!, waitSeconds: i, count: 3 * i });
          const packed = looks.pack(jobs);
          expect(packed.looks).toHaveLength(15 * jobs.length);
          const back = Looks.unpack(JSON.parse(JSON.stringify(packed)));
          jobs.forEach((id, i) => {
            expect(back.get(id)).toEqual(looks.get(id));
            expect(back.get(id)).toMatchObject({ waitSeconds: i, count: 3 * i });
            expect(times[i]! - back.get(id)!.at).toBeLessThan(1000);
            expect(back.get(id)!.at).toBeLessThanOrEqual(times[i]!);
          });
        },
      ),
    );
  });

  test('jobs that have left are forgotten, garbage is survived', () => {
    const looks = new Looks();
    looks.set('01KSN0000000000000000000AA', { at: 5000, waitSeconds: 1, count: 1 });
    expect(looks.pack([])).toEqual({ base: 0, looks: '' });
    expect(Looks.unpack({ base: 0, looks: '??' }).get('01KSN0000000000000000000AA')).toBeUndefined();
  });

  test('a state stays below the 256 KiB that Step Functions takes, whatever the number of jobs', () => {
    const looks = new Looks();
    const jobs = Array.from({ length: 40_000 }, (_, i) => `01KSN${String(i).padStart(21, '0')}`);
    for (const id of jobs) looks.set(id, { at: 1_760_000_000_000, waitSeconds: 1e9, count: 1e9 });
    const packed = looks.pack(jobs);
    expect(JSON.stringify(packed).length).toBeLessThan(250_000);
    expect(Looks.unpack(packed).get(jobs[0]!)).toEqual({ at: 1_760_000_000_000, waitSeconds: 4095, count: 4095 });
  });
});
