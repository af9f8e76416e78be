import { fileURLToPath } from 'node:url';
import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
// With the package installed: from 'pollux'.
import type { Connections } from '../../infra/connections.ts';
import { Pollux } from '../../infra/pollux.ts';

export interface QueueStackProps extends StackProps {
  connections: Connections;
}

const FUNCTION_SECONDS = 30;

/** Every end of a vSphere job into a queue, for consumers that are slow, or away at times. */
export class QueueStack extends Stack {
  constructor(scope: Construct, id: string, { connections, ...props }: QueueStackProps) {
    super(scope, id, props);
    const pollux = new Pollux(this, 'Pollux', { connections });

    // Holds what could not be put into the queue, and what the consumer failed on five times.
    const deadLetterQueue = new sqs.Queue(this, 'Failed', { enforceSSL: true, retentionPeriod: Duration.days(14) });
    const queue = new sqs.Queue(this, 'Ended', {
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      // Six times the consumer's time limit, as the Lambda guide recommends.
      visibilityTimeout: Duration.seconds(6 * FUNCTION_SECONDS),
      deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: 5 },
    });
    pollux.onJobStateChange('VsphereEnded', {
      platforms: ['vsphere'],
      target: new SqsQueue(queue, { deadLetterQueue }),
    });

    const table = new dynamodb.TableV2(this, 'Seen', {
      partitionKey: { name: 'eventId', type: dynamodb.AttributeType.STRING },
      timeToLiveAttribute: 'expiresAt',
    });
    const consumer = new NodejsFunction(this, 'Consumer', {
      entry: fileURLToPath(new URL('./consumer.ts', import.meta.url)),
      runtime: lambda.Runtime.NODEJS_24_X,
      bundling: { format: OutputFormat.ESM },
      timeout: Duration.seconds(FUNCTION_SECONDS),
      environment: { TABLE: table.tableName },
    });
    table.grant(consumer, 'dynamodb:UpdateItem');
    consumer.addEventSource(new SqsEventSource(queue, { reportBatchItemFailures: true }));
  }
}
