import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { ACTIVE_ATTRIBUTES } from '../shared/job/job.ts';

/** Jobs, loops, statistics and idempotency keys of all connections. */
export class JobTable extends Construct {
  readonly table: dynamodb.Table;
  /** The sparse index of jobs with something left to do. */
  readonly activeIndexArn: string;

  constructor(scope: Construct, id: string, props: { removalPolicy: RemovalPolicy }) {
    super(scope, id);
    // A plain AWS::DynamoDB::Table, not a global one: every tool and every emulator knows it, and a job lives in one region.
    this.table = new dynamodb.Table(this, 'Table', {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'ttl',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // Encrypted at rest without being told (a key of DynamoDB's own). A key of KMS would add a charge to the calls of every
      // tick and guards little here: no credential is stored in this table, but task tokens of jobs that are not over.
      removalPolicy: props.removalPolicy,
      deletionProtection: props.removalPolicy === RemovalPolicy.RETAIN,
    });
    // A local index is made with its table and cannot be changed: another projection would mean another, empty table. So
    // an attribute that a later version of a tick needs is read with the job, or packed into one that is projected already.
    this.table.addLocalSecondaryIndex({
      indexName: 'active',
      sortKey: { name: 'activeSince', type: dynamodb.AttributeType.NUMBER },
      projectionType: dynamodb.ProjectionType.INCLUDE,
      nonKeyAttributes: [...ACTIVE_ATTRIBUTES],
    });
    this.activeIndexArn = `${this.table.tableArn}/index/active`;
  }
}
