/** Something the operator can put right: a switch, a file, a template. The message says what, where and what to do. */
export class EngineError extends Error {
  override name = 'EngineError';
}
