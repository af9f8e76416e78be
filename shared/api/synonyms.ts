/**
 * Names that other products, and our own other platforms, use for a key: the first of a row that the object may have is
 * meant. What is close in spelling needs no row.
 */
const ROWS: readonly { keys: readonly string[]; also: readonly string[] }[] = [
  { keys: ['requestTimeoutSeconds'], also: ['timeoutSeconds', 'timeout', 'requestTimeout', 'timeoutMs'] },
  {
    keys: ['deadlineSeconds'],
    also: [
      'timeoutSeconds',
      'timeout',
      'timeoutInSeconds',
      'maxSeconds',
      'ttl',
      'ttlSeconds',
      'expiresIn',
      'timeLimit',
    ],
  },
  {
    keys: ['arguments', 'parameters', 'request'],
    also: [
      'arguments',
      'args',
      'parameters',
      'params',
      'input',
      'inputs',
      'payload',
      'data',
      'body',
      'properties',
      'spec',
    ],
  },
  { keys: ['operation'], also: ['command', 'method', 'action', 'api', 'function', 'verb', 'procedure'] },
  { keys: ['target'], also: ['object', 'entity', 'moref', 'mo', 'resource', 'subject', 'this', '_this'] },
  { keys: ['labels'], also: ['tags', 'metadata', 'annotations'] },
  { keys: ['guests', 'machines'], also: ['guest', 'names', 'hosts', 'instances', 'vms', 'machineIds', 'machineNames'] },
  {
    keys: ['count', 'machineCount'],
    also: ['machineCount', 'count', 'quantity', 'numberOfMachines', 'size', 'replicas'],
  },
  { keys: ['templateId'], also: ['template', 'templateName', 'image'] },
  { keys: ['state'], also: ['desiredState', 'wantedState', 'requestedState', 'status'] },
  { keys: ['taskToken'], also: ['callbackToken', 'token'] },
  { keys: ['url'], also: ['endpoint', 'host', 'hostname', 'server', 'address', 'baseUrl', 'uri'] },
  { keys: ['secret'], also: ['credentials', 'password', 'secretName', 'secretArn', 'secretId'] },
  { keys: ['thumbprint'], also: ['fingerprint', 'sha256', 'sslThumbprint'] },
  { keys: ['caFile'], also: ['caBundle', 'caCert', 'cacert', 'certificate', 'ca'] },
];

/** The key that is meant by another name for it, of those that are allowed. */
export function synonymOf(typed: string, allowed: readonly string[]): string | undefined {
  const name = plain(typed);
  return ROWS.filter(({ also }) => also.some((other) => plain(other) === name))
    .flatMap(({ keys }) => keys)
    .find((key) => key !== typed && allowed.includes(key));
}

/** `time_limit`, `timeLimit` and `TimeLimit` are one name. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '');
}
