import { readFileSync } from 'node:fs';
import { App, Aws, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { CheckedConnections, Connections } from './connections.ts';
import { Pollux } from './pollux.ts';
import type { PolluxProps } from './props.ts';

export const STACK_NAME = 'Pollux';

export interface PolluxStackProps extends StackProps, PolluxProps {
  /** What `table` and `secretKeys` are called where there is no stack yet. */
  tableName?: string | undefined;
  secretKeyArns?: readonly string[];
}

/** Pollux by itself: the construct, and what one needs to know after `cdk deploy`. */
export class PolluxStack extends Stack {
  readonly pollux: Pollux;

  constructor(scope: Construct, id: string, props: PolluxStackProps) {
    super(scope, id, { description: 'Pollux: turns platforms that can only be polled into events', ...props });
    const { tableName, secretKeyArns = [] } = props;
    this.pollux = new Pollux(this, 'Pollux', {
      ...props,
      ...(tableName !== undefined && { table: Pollux.tableFrom(this, tableName) }),
      ...(secretKeyArns.length > 0 && {
        secretKeys: secretKeyArns.map((arn, index) => kms.Key.fromKeyArn(this, `SecretKey${index + 1}`, arn)),
      }),
    });
    const { url } = this.pollux;
    new CfnOutput(this, 'ApiUrl', { value: url });
    new CfnOutput(this, 'BusName', { value: this.pollux.bus.eventBusName });
    new CfnOutput(this, 'TableName', { value: this.pollux.jobs.table.tableName });
    const signed = (props.auth ?? 'iam') === 'iam';
    // A browser cannot sign a request, so the page is there for callers with tokens alone.
    if (!signed) new CfnOutput(this, 'ConsoleUrl', { value: `${url}/` });
    const credentials = signed
      ? `--aws-sigv4 aws:amz:${Aws.REGION}:execute-api --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"` +
        ' --header "x-amz-security-token: $AWS_SESSION_TOKEN"'
      : '--header "authorization: Bearer $TOKEN"';
    new CfnOutput(this, 'NextCommand', {
      description: 'Lists the connections, with the credentials of your shell',
      value: `curl ${credentials} ${url}/v1/connections`,
    });
  }
}

export interface Template {
  Resources: Record<string, { Type: string; Properties: Record<string, unknown>; Metadata?: Record<string, unknown> }>;
  Outputs: Record<string, { Value: unknown }>;
}

export interface Synthesized {
  /** The CloudFormation template, as `cdk deploy` would send it. */
  template: Template;
  /** Where a function's code is: `<assemblyDir>/<Metadata['aws:asset:path']>`. */
  assemblyDir: string;
}

/** What `cdk synth` does, inside this process: the same feature flags, the same template. */
export function synthesize(connections: Connections, outdir?: string): Synthesized {
  const { context } = JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8'));
  const app = new App({
    ...(outdir !== undefined && { outdir }),
    analyticsReporting: false,
    context: {
      ...context,
      // What the CLI sets by itself.
      'aws:cdk:enable-asset-metadata': true,
      'aws:cdk:enable-path-metadata': true,
    },
  });
  const stack = new PolluxStack(app, STACK_NAME, { connections: connections as CheckedConnections });
  const assembly = withoutValidation(() => app.synth());
  return { template: assembly.getStackArtifact(stack.artifactId).template, assemblyDir: assembly.directory };
}

/**
 * The CDK checks every template against CloudFormation's schemas, which takes most of a second. `cdk synth` and `cdk deploy`
 * do it, as an error (feature flag validateAgainstDefaultRules); the template that the engine starts with is the same.
 */
function withoutValidation<T>(synth: () => T): T {
  const before = process.env.CDK_VALIDATION;
  process.env.CDK_VALIDATION = 'false';
  try {
    return synth();
  } finally {
    if (before === undefined) delete process.env.CDK_VALIDATION;
    else process.env.CDK_VALIDATION = before;
  }
}
