/** XML that cannot be read or must not be written. The message says where: line and column, or the path of elements. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
}
