import { fileURLToPath } from 'node:url';
import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
// With the package installed: from 'pollux'.
import type { Connections } from '../../infra/connections.ts';
import { Pollux } from '../../infra/pollux.ts';

export interface AlertStackProps extends StackProps {
  connections: Connections;
  /** Name of the secret whose text is the address of the webhook. */
  webhookSecret: string;
}

/** Calls a function for each job that did not end well. */
export class AlertStack extends Stack {
  constructor(scope: Construct, id: string, { connections, webhookSecret, ...props }: AlertStackProps) {
    super(scope, id, props);
    const pollux = new Pollux(this, 'Pollux', { connections });

    const secret = Secret.fromSecretNameV2(this, 'Webhook', webhookSecret);
    const deadLetterQueue = new sqs.Queue(this, 'NotSent', { enforceSSL: true, retentionPeriod: Duration.days(14) });
    const alert = new NodejsFunction(this, 'Alert', {
      entry: fileURLToPath(new URL('./handler.ts', import.meta.url)),
      runtime: lambda.Runtime.NODEJS_24_X,
      bundling: { format: OutputFormat.ESM },
      timeout: Duration.seconds(15),
      environment: { WEBHOOK_SECRET: secret.secretName },
      deadLetterQueue,
    });
    secret.grantRead(alert);
    pollux.onJobStateChange('NotWell', {
      statuses: ['FAILED', 'TIMED_OUT', 'LOST'],
      target: new LambdaFunction(alert, { deadLetterQueue }),
    });
  }
}
