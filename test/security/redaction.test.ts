import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Redactor, WITHHELD } from '../../shared/secrets/redactor.ts';
import { SPELLINGS, type Spelling } from './spellings.ts';

const PIECE = 12;

function redact(text: string, ...secrets: string[]): string {
  return new Redactor(secrets).redact(text);
}

/** The pieces of twelve characters of a secret (of a shorter one: the whole) that a reader of the spelling still finds. */
function left(shown: string, secret: string, { read }: Spelling): string[] {
  const size = Math.min(PIECE, secret.length);
  const texts = [shown, read(shown)];
  const pieces = Array.from({ length: secret.length - size + 1 }, (_, at) => secret.slice(at, at + size));
  return pieces.filter((piece) => texts.some((text) => text.includes(piece)));
}

/** Of letters that escapes are made of, and some that have to be escaped, so that secrets look like spellings themselves. */
const awkward = (most: number) =>
  fc.string({ unit: fc.constantFrom(...'abCD1234%&\\#;xu"\'<>/= ü€😀'), minLength: 12, maxLength: most });
const ordinary = (most: number) => fc.string({ minLength: 12, maxLength: most, unit: 'grapheme' });
const byte = fc.constantFrom(...SPELLINGS);
/** Words with nothing of an escape in them; what stands around a secret could make one with its first letters else. */
const around = fc.stringMatching(/^[g-t.,:(){}[\]]{0,20}$/);

/** Fewer than three characters other than white space cannot be told from the text around them. */
const isTold = (secret: string) => secret.replace(/[\s+\\\0]/g, '').length >= 8 && secret.isWellFormed();

describe('redaction', () => {
  test('leaves no piece of twelve characters of any secret in any spelling', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(awkward(60), ordinary(60)).filter(isTold), { minLength: 1, maxLength: 4 }),
        fc.array(fc.tuple(fc.nat(3), byte, around), { minLength: 1, maxLength: 6 }),
        (secrets, said) => {
          const text = said
            .map(([which, { spell }, words]) => `${words} ${spell(secrets[which % secrets.length]!)} `)
            .join('');
          const shown = redact(text, ...secrets);
          for (const secret of secrets) {
            for (const [, spelling] of said) expect(left(shown, secret, spelling)).toEqual([]);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  test.each(SPELLINGS)('hides what a peer cut at both ends, written as $name', (spelling) => {
    const secret = 'correct-horse battery/staple <&> "ümlaut" 0123456789';
    for (let first = 0; first + PIECE <= secret.length; first += 5) {
      for (const size of [PIECE, PIECE + 1, secret.length - first]) {
        const shown = redact(`password (${spelling.spell(secret.slice(first, first + size))}) refused`, secret);
        expect(left(shown, secret, spelling)).toEqual([]);
      }
    }
  });

  test.each(SPELLINGS)('hides a short secret as a whole, written as $name', (spelling) => {
    for (const secret of ['hunter2', 'p&ss<1>', 'pä"ß\\w', 'S3cr3t!+/x']) {
      const shown = redact(`password (${spelling.spell(secret)}) refused`, secret);
      expect(shown).toContain('***');
      expect(left(shown, secret, spelling)).toEqual([]);
    }
  });

  test('shows the first half of a secret of 12 to 23 characters, or its last half, no more than the whole', () => {
    const secret = 'correct-horse-batt';
    for (let size = 9; size <= secret.length; size++) {
      expect(redact(`bad (${secret.slice(0, size)})`, secret)).toBe('bad (***)');
      expect(redact(`bad (${secret.slice(-size)})`, secret)).toBe('bad (***)');
    }
  });

  test('masks secrets that overlap, and those inside others, as one', () => {
    expect(redact('x abcdefghijklmnop y', 'abcdefgh', 'efghijklmnop')).toBe('x *** y');
    expect(redact('x abcdefghijklmnop y', 'abcdefghijklmnop', 'cdef')).toBe('x *** y');
    expect(redact('aaaaaaaaaaaaaaaaaaaa', 'aaaaaaaaaaaaa')).toBe('***');
  });

  test('changes nothing where there is no secret', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(redact(text, 'Zq7Zq7Zq7Zq7Zq7Zq7', 'Yw8Yw8')).toBe(text);
      }),
    );
  });

  test('hides nothing of a secret of less than three characters, or an empty one', () => {
    expect(redact('an answer', '', 'a', 'an')).toBe('an answer');
  });

  test('hides what the base64 of user data holds', () => {
    const script = '#!/bin/sh\nmysql -u root -pS3cretS3cret\n';
    expect(redact('could not run: mysql -u root -pS3cretS3cret', Buffer.from(script).toString('base64'))).toBe(
      'could not run:***',
    );
  });

  test('hides what a peer wrote in Latin-1, and in UTF-16', () => {
    const secret = 'pässwörd-ÄÖÜ-pässwörd';
    const latin1 = Buffer.from(secret, 'latin1').toString('base64');
    expect(redact(`Basic ${latin1}`, secret)).toMatch(/^Basic \S{0,3}\*\*\*\S{0,3}$/);
    const utf16 = Buffer.from('correct-horse-battery', 'utf16le').toString('base64');
    expect(redact(`-EncodedCommand ${utf16}`, 'correct-horse-battery')).toMatch(
      /^-EncodedCommand \S{0,4}\*\*\*\S{0,4}$/,
    );
  });

  test('never throws, whatever the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.string({ unit: 'binary' })), (text, secrets) => {
        expect(redact(text, ...secrets)).not.toBe(WITHHELD);
      }),
    );
  });

  test('takes values of 1 MB, and ten cookies of 4 KB, without a stack or an expression that grows with them', () => {
    const large = randomBytes(750_000).toString('base64');
    const cookies = Array.from({ length: 10 }, () => randomBytes(3000).toString('base64'));
    const redactor = new Redactor([large, ...cookies]);
    expect(redactor.redact(`userdata=${large}; refused`)).toBe('userdata=***; refused');
    expect(redactor.redact(cookies.join('; '))).toBe(cookies.map(() => '***').join('; '));
    expect(redactor.redact(`cut ${large.slice(500_000)}`)).toBe('cut ***');
  });

  test('takes what is made to be expensive', () => {
    const texts = [
      '%25'.repeat(300_000),
      '%3'.repeat(300_000),
      '&'.repeat(300_000),
      '\\'.repeat(300_000),
      'a'.repeat(1_000_000),
    ];
    const redactor = new Redactor(['a'.repeat(500_000), '%25'.repeat(100_000), 'aab', 'ab'.repeat(100_000)]);
    for (const text of texts) expect(redactor.redact(text).length).toBeLessThanOrEqual(text.length);
  });

  test('finds what stands where a long text is divided', () => {
    const secret = 'correct-horse-battery-staple';
    for (const at of [256 * 1024 - 14, 248 * 1024 - 14, 504 * 1024 - 3]) {
      const text = `${'- '.repeat(at / 2)}${secret}${' -'.repeat(300_000)}`;
      expect(redact(text, secret)).toBe(text.replace(secret, '***'));
    }
  });
});
