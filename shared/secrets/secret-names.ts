/** Names of fields that hold a secret, wherever they stand in a request or a result. */
const SECRET_NAME =
  /passw(or)?d|passphrase|secret|token|credential|private.?key|api.?key|access.?key|product.?key|^pass$|^pwd$|^user.?data$|^authorization$|cookie|session.?(id|key)/i;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Pairs are spelled like this: CloudStack's details, vSphere's OptionValue and KeyAnyValue, a workflow's outputs. */
const PAIR_NAMES = ['name', 'key'] as const;

/** Whether an object is a pair whose `value` has a secret's name: `{ "key": "guestinfo.password", "value": … }`. */
export function isSecretPair(value: object): boolean {
  const fields = value as Record<string, unknown>;
  return 'value' in fields && PAIR_NAMES.some((name) => isSecretName(String(fields[name] ?? '')));
}

/** All texts below a field with a secret's name. What a caller sends may come back in what the platform says. */
export function secretsIn(value: unknown, isSecret = false): string[] {
  if (typeof value === 'string') return isSecret ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  const isPair = isSecretPair(value);
  return Object.entries(value).flatMap(([name, inner]) =>
    secretsIn(inner, isSecret || isSecretName(name) || (isPair && name === 'value')),
  );
}
