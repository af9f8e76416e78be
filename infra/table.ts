import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ACTIVE_ATTRIBUTES } from '../shared/job/job.ts';
import { keyStatement } from './encryption.ts';
import { allow } from './function.ts';
import { isElsewhere } from './place.ts';

export interface JobTableProps {
  removalPolicy: RemovalPolicy;
  encryptionKey?: kms.IKey | undefined;
  /** Instead of a table of its own. */
  existing?: dynamodb.ITable | undefined;
}

const INDEX = 'active';
const PARTITION_KEY = 'pk';
const SORT_KEY = 'sk';
const INDEX_SORT_KEY = 'activeSince';

/** By a key of the customer's, DynamoDB reads and writes with the rights of who asks it to. */
const READ_BY_KEY = ['kms:Decrypt', 'kms:DescribeKey'];
const WRITE_BY_KEY = [
  ...READ_BY_KEY,
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

/** Jobs, loops, statistics and idempotency keys of all connections. */
export class JobTable extends Construct {
  readonly table: dynamodb.ITable;
  /** The sparse index of jobs with something left to do. */
  readonly activeIndexArn: string;

  constructor(scope: Construct, id: string, props: JobTableProps) {
    super(scope, id);
    // CDK's own types do not quite agree with each other under exactOptionalPropertyTypes.
    this.table = props.existing ?? (this.#make(props) as dynamodb.ITable);
    if (props.existing) this.#check(props.existing);
    this.activeIndexArn = `${this.table.tableArn}/index/${INDEX}`;
  }

  /** Allows exactly these actions on the table. */
  allow(fn: lambda.Function, actions: readonly string[]): void {
    allow(fn, [this.table.tableArn], actions);
    const { encryptionKey } = this.table;
    if (!encryptionKey) return;
    const reads = actions.every((action) => /:(Get|Query)/.test(action));
    fn.addToRolePolicy(keyStatement(this, [encryptionKey], 'dynamodb', reads ? READ_BY_KEY : WRITE_BY_KEY));
  }

  /** Allows to read the index of open jobs. Reading needs the key of the table, which `allow` gives. */
  allowActive(fn: lambda.Function): void {
    allow(fn, [this.activeIndexArn], ['dynamodb:Query']);
  }

  #make({ removalPolicy, encryptionKey }: JobTableProps): dynamodb.Table {
    // A plain AWS::DynamoDB::Table, not a global one: every tool and every emulator knows it, and a job lives in one region.
    const table = new dynamodb.Table(this, 'Table', {
      partitionKey: { name: PARTITION_KEY, type: dynamodb.AttributeType.STRING },
      sortKey: { name: SORT_KEY, type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'ttl',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // Encrypted at rest without being told (a key of DynamoDB's own). A key of KMS adds a charge to the calls of every
      // tick and guards little here: no credential is stored in this table, but task tokens of jobs that are not over.
      ...(encryptionKey && { encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED, encryptionKey }),
      removalPolicy,
      deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
    });
    // A local index is made with its table and cannot be changed: another projection would mean another, empty table. So
    // an attribute that a later version of a tick needs is read with the job, or packed into one that is projected already.
    table.addLocalSecondaryIndex({
      indexName: INDEX,
      sortKey: { name: INDEX_SORT_KEY, type: dynamodb.AttributeType.NUMBER },
      projectionType: dynamodb.ProjectionType.INCLUDE,
      nonKeyAttributes: [...ACTIVE_ATTRIBUTES],
    });
    return table;
  }

  /** As far as a synth knows: nothing is looked up, so of a table that is only named, where it is and no more. */
  #check(table: dynamodb.ITable): void {
    const [, region, account] = /^arn:[^:]+:dynamodb:([^:]+):([^:]+):/.exec(table.tableArn) ?? [];
    const elsewhere = isElsewhere(this, { account, region });
    if (elsewhere.account || elsewhere.region) {
      throw new Error(`table: ${table.tableArn} must be in the account and region of the stack`);
    }
    // At the end of the synth: an index may be added after the table was handed over.
    if (table instanceof dynamodb.Table) this.node.addValidation({ validate: () => faultsOf(table) });
  }
}

function faultsOf(table: dynamodb.Table): string[] {
  const resource = table.node.defaultChild as dynamodb.CfnTable;
  const { KeySchema, LocalSecondaryIndexes, AttributeDefinitions } = Stack.of(table).resolve(
    resource._toCloudFormation(),
  ).Resources[Stack.of(table).resolve(resource.logicalId)].Properties;
  const faults: string[] = [];
  const keysOf = (schema: { AttributeName: string; KeyType: string }[] = []) =>
    schema.map(({ AttributeName, KeyType }) => `${AttributeName} (${typeOf(AttributeName)}, ${KeyType})`).join(' and ');
  const typeOf = (name: string) =>
    AttributeDefinitions.find((found: { AttributeName: string }) => found.AttributeName === name)?.AttributeType;
  const expect = (what: string, found: string, wanted: string) => {
    if (found !== wanted) faults.push(`table: ${what} is ${found || 'missing'}, and must be ${wanted}`);
  };
  expect('the key', keysOf(KeySchema), `${PARTITION_KEY} (S, HASH) and ${SORT_KEY} (S, RANGE)`);
  const index = LocalSecondaryIndexes?.find(({ IndexName }: { IndexName: string }) => IndexName === INDEX);
  const wanted = `${PARTITION_KEY} (S, HASH) and ${INDEX_SORT_KEY} (N, RANGE)`;
  expect(`the key of the local index "${INDEX}"`, keysOf(index?.KeySchema), wanted);
  if (index === undefined || index.Projection.ProjectionType === 'ALL') return faults;
  const missing = ACTIVE_ATTRIBUTES.filter((name) => !index.Projection.NonKeyAttributes?.includes(name));
  if (missing.length > 0) faults.push(`table: the local index "${INDEX}" lacks the attributes ${missing.join(', ')}`);
  return faults;
}
