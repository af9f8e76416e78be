import type { Output } from './carrier.ts';
import type { BmcOptions } from './options.ts';

/** What the connection's `errorOutput` says; nothing where it is empty, or where the connection names none. */
export function errorOutputOf(outputs: readonly Output[], { errorOutput }: BmcOptions): string | undefined {
  if (errorOutput === undefined) return undefined;
  const wanted = errorOutput.trim().toLowerCase();
  const found = outputs.find(({ name }) => name.trim().toLowerCase() === wanted);
  const text = typeof found?.value === 'string' ? found.value : found?.value.text;
  const bare = text?.replace(/<\/?[\w-]+\s*\/?>/g, '').trim();
  return bare ? bare : undefined;
}
