import { type Child, h } from '../dom.ts';
import { heading } from '../parts.ts';

/** Asked for when the API answers 401. */
export function signIn(complaint: string | undefined): Child[] {
  return [
    heading('A token, please'),
    h(
      'form',
      { id: 'sign-in', class: 'sign-in' },
      h('label', { for: 'token' }, 'Access token (JWT) of the issuer that this API trusts'),
      h('input', {
        id: 'token',
        type: 'password',
        autocomplete: 'off',
        spellcheck: 'false',
        required: true,
        'aria-describedby': 'token-note token-complaint',
      }),
      h(
        'p',
        { id: 'token-note', class: 'calm' },
        'It stays in this tab until you close it, and is sent to this API only.',
      ),
      h('p', { id: 'token-complaint', class: 'complaint', role: 'alert' }, complaint),
      h('button', {}, 'Use the token'),
    ),
  ];
}

export const NO_TOKEN = 'This cannot be a token: it has characters that no token has.';
export const REFUSED = 'The API has refused the token: it may have expired.';
