/** Values as text: what processes are told and ask for must be comparable, and must not be shared between them. */

export function toText(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => (inner instanceof Map ? { $map: [...inner] } : inner)) ?? 'undefined';
}

export function fromText(text: string): any {
  if (text === 'undefined') return undefined;
  return JSON.parse(text, (_key, inner) => (Array.isArray(inner?.$map) ? new Map(inner.$map) : inner));
}
