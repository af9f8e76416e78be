import type { Json, JsonObject } from '../../job/job.ts';
import { withoutJavaObjects } from '../java-object.ts';
import { isObject } from './answer.ts';

/** Names of what must not leave this adapter: deployVirtualMachine answers `password`, registerUserKeys `secretkey`. */
const SECRET = /passw|passphrase|secret|private_?key|api_?key|token|credential|userdata|^pwd$/i;

/** Deeper than any resource; what is further down is left out, so that nobody after us recurses without end. */
const MAX_DEPTH = 40;

/** The resource inside the result without its envelope, and without what looks like a secret. */
export function resultOf(jobresult: Json | undefined): Json | undefined {
  return hasResult(jobresult) ? withoutSecrets(innerOf(jobresult)) : undefined;
}

/** XML writes an absent result and an empty one alike. */
export function hasResult(jobresult: Json | undefined): jobresult is Json {
  if (jobresult === undefined || jobresult === null || jobresult === '') return false;
  return !isObject(jobresult) || Object.keys(jobresult).length > 0;
}

/** `{"virtualmachine": {…}}` is a resource in an envelope, `{"success": true}` is not. */
export function innerOf(jobresult: Json): Json {
  if (!isObject(jobresult)) return jobresult;
  const entries = Object.entries(jobresult).filter(([key]) => key !== 'count');
  const inner = entries.length === 1 ? entries[0]![1] : undefined;
  return typeof inner === 'object' && inner !== null ? inner : jobresult;
}

/** Flags stay (`passwordenabled`: true); so does an empty value, which gives nothing away. */
export function withoutSecrets(value: Json, depth = 0): Json {
  if (typeof value === 'string') return withoutJavaObjects(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return null;
  if (Array.isArray(value)) return value.map((member) => withoutSecrets(member, depth + 1));
  const kept = Object.entries(value).filter(([key, member]) => typeof member === 'boolean' || !SECRET.test(key));
  return Object.fromEntries(
    kept.map(([key, member]) => [key, isSecretPair(value, key) ? null : withoutSecrets(member, depth + 1)]),
  );
}

/** `{"key": "password", "value": "…"}`, as tags and details are written. */
function isSecretPair(pair: JsonObject, key: string): boolean {
  const name = pair.key ?? pair.name;
  return key === 'value' && typeof name === 'string' && SECRET.test(name);
}
