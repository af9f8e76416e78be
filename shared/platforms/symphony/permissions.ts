import type { AwsPermission } from '../adapter.ts';
import type { SymphonyOptions } from './options.ts';

/**
 * For Systems Manager: exactly one document on exactly one host. What AWS cannot restrict: the lines of the command (who may
 * send the document to the host may run anything there, as root), and whose commands are read (GetCommandInvocation takes
 * no resource). A document of one's own with the script inside would narrow the first.
 */
export function awsPermissions(options: SymphonyOptions): readonly AwsPermission[] {
  if (options.transport !== 'ssm') return [];
  const { instanceId, region } = options;
  const place = region === undefined ? {} : { region };
  const document = options.scriptType === 'bat' ? 'AWS-RunPowerShellScript' : 'AWS-RunShellScript';
  const host = instanceId.startsWith('mi-')
    ? { service: 'ssm', resource: 'managed-instance', resourceName: instanceId, ...place }
    : { service: 'ec2', resource: 'instance', resourceName: instanceId, ...place };
  return [
    {
      actions: ['ssm:SendCommand'],
      // AWS's own documents belong to no account.
      resources: [{ service: 'ssm', resource: 'document', resourceName: document, account: '', ...place }, host],
    },
    { actions: ['ssm:GetCommandInvocation'], resources: [{ service: 'ssm', resource: '*' }] },
  ];
}
