import type * as Http2 from 'node:http2';

const load = (): typeof Http2 => process.getBuiltinModule('node:http2');

/** Stands for `node:http2` in a function's bundle: the AWS clients name it, and only those with event streams use it. */
export default {
  get connect() {
    return load().connect;
  },
  get constants() {
    return load().constants;
  },
};
