import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import type { JobStateChangeEvent } from '../../client/events.ts';
import type { Aws } from './aws.ts';

const ROLE = 'arn:aws:iam::123456789012:role/caller';

/** A queue, as one deploys it beside Pollux. */
export class Queue {
  readonly #aws: Aws;
  readonly #url: string;
  readonly arn: string;

  private constructor(aws: Aws, url: string) {
    this.#aws = aws;
    this.#url = url;
    this.arn = `arn:aws:sqs:us-east-1:123456789012:${url.split('/').at(-1)}`;
  }

  static async create(aws: Aws, name: string): Promise<Queue> {
    const { QueueUrl } = await aws.json('AmazonSQS.CreateQueue', { QueueName: name });
    return new Queue(aws, QueueUrl);
  }

  get url(): string {
    return this.#url;
  }

  /** The bodies of the messages that come within a moment, taken out of the queue. */
  async take(): Promise<string[]> {
    const wanted = { QueueUrl: this.#url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 };
    const { Messages = [] } = await this.#aws.json('AmazonSQS.ReceiveMessage', wanted);
    for (const { ReceiptHandle } of Messages) {
      await this.#aws.json('AmazonSQS.DeleteMessage', { QueueUrl: this.#url, ReceiptHandle });
    }
    return Messages.map(({ Body }: { Body: string }) => Body);
  }
}

/** The events of jobs, as a rule delivers them to a queue. */
export class Ends {
  readonly #queue: Queue;
  readonly all: JobStateChangeEvent[] = [];

  private constructor(queue: Queue) {
    this.#queue = queue;
  }

  static async subscribe(aws: Aws, bus: string): Promise<Ends> {
    const queue = await Queue.create(aws, 'ends');
    const events = new EventBridgeClient(aws.client);
    const pattern = { source: ['pollux'], 'detail-type': ['Job State Change'] };
    await events.send(new PutRuleCommand({ Name: 'ends', EventBusName: bus, EventPattern: JSON.stringify(pattern) }));
    const target = { Id: 'queue', Arn: queue.arn };
    await events.send(new PutTargetsCommand({ Rule: 'ends', EventBusName: bus, Targets: [target] }));
    return new Ends(queue);
  }

  /** The event of this job, waited for. */
  async of(id: string): Promise<JobStateChangeEvent> {
    for (;;) {
      const found = this.all.find(({ detail }) => detail.id === id);
      if (found) return found;
      for (const body of await this.#queue.take()) this.all.push(JSON.parse(body));
    }
  }
}

/** A state machine that waits with a task token, which it puts into a queue. Gives its ARN. */
export async function createWaitingMachine(aws: Aws, tokens: Queue): Promise<string> {
  const definition = {
    StartAt: 'Wait',
    States: {
      Wait: {
        Type: 'Task',
        Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
        Parameters: { QueueUrl: tokens.url, 'MessageBody.$': '$$.Task.Token' },
        End: true,
      },
    },
  };
  const made = await new SFNClient(aws.client).send(
    new CreateStateMachineCommand({ name: 'caller', definition: JSON.stringify(definition), roleArn: ROLE }),
  );
  return made.stateMachineArn!;
}
