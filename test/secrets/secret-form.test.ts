import { expect, it } from 'vitest';
import { readSecret, type SecretForm } from '../../shared/secrets/secret-form.ts';

const FORM: SecretForm = {
  fields: ['username', 'password'],
  together: ['realm', 'ticket'],
  patterns: { username: /^[^:]*$/ },
};
const user = { username: 'a', password: 'b' };

it.each<[what: string, value: unknown, wrong: string[]]>([
  ['all that it needs', user, []],
  ['all that it may have', { ...user, realm: 'c', ticket: 'd' }, []],
  ['more than it needs', { ...user, note: 1 }, []],
  ['a field that is missing', { username: 'a' }, ['password']],
  ['a field that is empty', { ...user, password: '' }, ['password']],
  ['a field that is no text', { ...user, password: 7 }, ['password']],
  ['a field of another form', { ...user, username: 'a:b' }, ['username']],
  ['one of two that go together', { ...user, ticket: 'd' }, ['realm']],
  ['a text', 'username', ['username', 'password']],
  ['a list', [user], ['username', 'password']],
  ['null', null, ['username', 'password']],
  ['nothing', undefined, ['username', 'password']],
])('%s', (_what, value, wrong) => {
  expect(readSecret(FORM, value).wrong).toEqual(wrong);
});

it('hands on what the form knows, and no more', () => {
  expect(readSecret(FORM, { ...user, note: 'x' }).secret).toEqual(user);
  expect(readSecret(FORM, { ...user, realm: 'c', ticket: 'd' }).secret).toEqual({ ...user, realm: 'c', ticket: 'd' });
});
