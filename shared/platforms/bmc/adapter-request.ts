import { element, type XmlNode } from '../../xml/write.ts';
import type { BmcOptions } from './options.ts';
import { nodesOf } from './parameters.ts';
import type { BmcSecret } from './secret.ts';

export interface AdapterCall {
  operationType: string;
  operation: string;
  parameters: Readonly<Record<string, unknown>>;
}

/** One task per call: whether object-set may be repeated is not documented. The request has `task`, the answer `Task`. */
export function retrieveTaskStatus(task: string): AdapterCall {
  return {
    operationType: 'Monitor_Vm',
    operation: 'Retrieve_Task_Status',
    parameters: { 'spec-set': { 'object-set': { task } } },
  };
}

/** The document that the adapter is given. An empty element means the adapter's own configuration. Never log it. */
export function adapterRequest(call: AdapterCall, options: BmcOptions, secret: BmcSecret): XmlNode {
  return element(
    'vmware-infrastructure-request',
    {},
    element('operation-type', {}, call.operationType),
    element('operation-name', {}, call.operation),
    element('soap-url', {}, options.soapUrl),
    element('transport', {}, options.transport),
    element('user-name', {}, secret.vcenterUsername),
    element('password', {}, secret.vcenterPassword),
    element('parameters', {}, ...nodesOf(call.parameters)),
  );
}
