import type { Random } from './random.ts';
import type { Reply } from './tape.ts';

const VALUES: Record<string, readonly (string | string[])[]> = {
  'content-type': ['', 'text/html', 'text/xml; charset=utf-16', 'application/json;;', 'image/png', ['a', 'b']],
  'retry-after': [
    '-1',
    '0',
    '9'.repeat(400),
    '1e9',
    'never',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    'Fri, 31 Dec 9999 23:59:59 GMT',
    ['1', '2'],
  ],
  'set-cookie': [
    ['vmware_soap_session='],
    [''],
    ['='],
    [';'],
    ['__proto__=1; path=/'],
    ['x'.repeat(10_000)],
    ['a=\u0000\r\nb'],
  ],
  location: ['', '//evil.example', 'javascript:alert(1)', 'http://[', '/x'.repeat(2000)],
  'www-authenticate': ['Basic', 'Negotiate '.repeat(500)],
};

/** The headers with some of them replaced, and some that were not there. */
export function hostileHeaders(headers: Reply['headers'], random: Random): Reply['headers'] {
  const changed = { ...headers };
  for (const [name, values] of Object.entries(VALUES)) if (random.chance(0.4)) changed[name] = random.pick(values);
  if (random.chance(0.2)) delete changed[random.pick(Object.keys(changed))];
  return changed;
}
