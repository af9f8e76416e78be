import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Pollux } from 'pollux';

const stack = new Stack(new App(), 'Operations');

const pollux = new Pollux(stack, 'Pollux', {
  connections: {
    vsphere: { dc1: { url: 'https://vcenter.example.com/sdk', secret: 'pollux/dc1' } },
    task: { workers: { deadlineSeconds: 3600 } },
  },
  alarmActions: [new SnsAction(new sns.Topic(stack, 'Alarms'))],
});

// Every job of vSphere that did not succeed goes to a queue.
pollux.onJobStateChange('Failed', {
  platforms: ['vsphere'],
  statuses: ['FAILED', 'TIMED_OUT', 'LOST'],
  target: new SqsQueue(new sqs.Queue(stack, 'FailedJobs', { enforceSSL: true })),
});

// One role may submit to one connection, and ask about its jobs.
const caller = new iam.Role(stack, 'Caller', { assumedBy: new iam.AccountRootPrincipal() });
pollux.grantSubmit(caller, 'vsphere/dc1');

pollux.metricOpenJobs('vsphere/dc1').createAlarm(stack, 'ManyOpenJobs', { threshold: 5000, evaluationPeriods: 3 });
new CfnOutput(stack, 'ApiUrl', { value: pollux.url });
