import { randomBytes } from 'node:crypto';
import { Redactor } from '../../shared/secrets/redactor.ts';

/**
 * `npm run bench:redaction`: that the time for hiding secrets grows with their size and with the text's, and no faster. CPU
 * time, the best of five, so that another process makes no difference.
 */
const random = (characters: number) =>
  randomBytes(Math.ceil((characters * 3) / 4))
    .toString('base64')
    .slice(0, characters);

function milliseconds(work: () => unknown): number {
  const times = Array.from({ length: 5 }, () => {
    const begin = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(begin);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}

const KB = 1024;
const MB = 1024 * KB;

console.log('secret     its text    ms      µs per KB');
for (const size of [KB, 8 * KB, 64 * KB, MB]) {
  const secret = random(size);
  const text = `userdata=${secret}; refused`;
  const repeats = Math.max(1, Math.floor((64 * KB) / size));
  const ms =
    milliseconds(() => {
      for (let i = 0; i < repeats; i++) new Redactor([secret]).redact(text);
    }) / repeats;
  console.log(
    `${`${size / KB} KB`.padEnd(11)}${`${size / KB} KB`.padEnd(12)}${ms.toFixed(2).padEnd(8)}${((ms * 1000 * KB) / size).toFixed(1)}`,
  );
}

const TEXTS: Readonly<Record<string, string>> = {
  prose: 'The quick brown fox jumps over the lazy dog, and then again; ',
  JSON: '{"id":"a1b2c3d4-e5f6-7890","state":"Running","name":"web-01"},\n',
  'escapes of XML': '&lt;item name=&quot;a&quot;&gt;value&lt;/item&gt; ',
  base64: random(3 * KB),
};
console.log('\n50 secrets of 4 KB in 8 MB of         ms');
for (const [name, piece] of Object.entries(TEXTS)) {
  const secrets = Array.from({ length: 50 }, () => random(4 * KB));
  const filling = piece.repeat(Math.ceil((8 * MB) / 50 / piece.length)).slice(0, Math.floor((8 * MB) / 50) - 4 * KB);
  const text = secrets.map((secret) => filling + secret).join('');
  const ms = milliseconds(() => new Redactor(secrets).redact(text));
  const shown = new Redactor(secrets).redact(text);
  if (secrets.some((secret) => shown.includes(secret.slice(2000, 2012))))
    throw new Error(`a secret is left in ${name}`);
  console.log(`${name.padEnd(38)}${ms.toFixed(0)}`);
}
