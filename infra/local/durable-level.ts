import { createRequire } from 'node:module';

interface WriteOptions {
  sync?: boolean;
}

/** The writes of classic-level, as its own `put`, `del` and `batch` call them. */
interface Writes {
  _put(key: unknown, value: unknown, options: WriteOptions): Promise<void>;
  _del(key: unknown, options: WriteOptions): Promise<void>;
  _batch(operations: unknown, options: WriteOptions): Promise<void>;
}

const durable = new WeakSet<object>();

/** The store that dynalite itself loads. */
function writesOfDynalite(): Writes {
  const require = createRequire(createRequire(import.meta.url).resolve('dynalite'));
  const { Level } = require('level') as { Level: { prototype: Writes } };
  return Level.prototype;
}

/**
 * From now on every write of dynalite is on the disk before it is answered (LevelDB's `sync`), so that a power cut takes
 * nothing that was accepted. dynalite has no option for it, and leaves it to the operating system when that is.
 */
export function writeDurably(writes: Writes = writesOfDynalite()): void {
  if (durable.has(writes)) return;
  durable.add(writes);
  const { _put, _del, _batch } = writes;
  writes._put = function put(key, value, options) {
    return _put.call(this, key, value, { ...options, sync: true });
  };
  writes._del = function del(key, options) {
    return _del.call(this, key, { ...options, sync: true });
  };
  writes._batch = function batch(operations, options) {
    return _batch.call(this, operations, { ...options, sync: true });
  };
}
