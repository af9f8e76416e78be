/**
 * Bytes of a DynamoDB item as its documentation counts them ("DynamoDB item sizes and formats"): names and text in UTF-8, a
 * number about one byte for two significant digits and one more, a list or map three bytes and one for each element.
 */
export function itemBytes(item: Readonly<Record<string, unknown>>): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) {
    if (value !== undefined) bytes += Buffer.byteLength(name) + valueBytes(value);
  }
  return bytes;
}

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return numberBytes(value);
  if (typeof value !== 'object' || value === null) return 1;
  if (Array.isArray(value)) return value.reduce((bytes, element) => bytes + 1 + valueBytes(element), 3);
  return 3 + Object.keys(value).length + itemBytes(value as Record<string, unknown>);
}

function numberBytes(value: number): number {
  if (value === 0) return 1;
  const [mantissa, exponent] = Math.abs(value).toExponential().split('e') as [string, string];
  const digits = mantissa.replace('.', '').length;
  // Digits are kept in pairs on either side of the point: those that straddle two pairs take one more.
  const straddling = digits % 2 === 0 && Number(exponent) % 2 === 0 ? 1 : 0;
  return 1 + Math.ceil(digits / 2) + straddling + (value < 0 ? 1 : 0);
}
