import { describe, expect, test } from 'vitest';
import { readResources } from '../../infra/local/resources.ts';
import type { Template } from '../../infra/local/template.ts';
import { template } from './fixture.ts';

/** The resolved value of one property of an otherwise empty resource. */
function resolved(value: unknown, more: Partial<Template> = {}): unknown {
  const Resources = { ...template.Resources, Probe: { Type: 'AWS::IAM::Role', Properties: { Value: value } } };
  return readResources({ ...template, ...more, Resources }).find(({ logicalId }) => logicalId === 'Probe')?.properties
    .Value;
}

describe('references become stable local names and ARNs', () => {
  test.each<[unknown, unknown]>([
    [{ Ref: 'Table' }, 'Table'],
    [{ Ref: 'Bus' }, 'Pollux-bus'],
    [{ Ref: 'Loop' }, 'arn:aws:states:us-east-1:000000000000:stateMachine:Loop'],
    [{ Ref: 'BootstrapVersion' }, '/cdk-bootstrap/version'],
    [{ Ref: 'AWS::Region' }, 'us-east-1'],
    [{ 'Fn::GetAtt': ['Work', 'Arn'] }, 'arn:aws:lambda:us-east-1:000000000000:function:Work'],
    [{ 'Fn::GetAtt': 'Table.Arn' }, 'arn:aws:dynamodb:us-east-1:000000000000:table/Table'],
    [{ 'Fn::Join': ['/', ['a', { Ref: 'Table' }, 'b']] }, 'a/Table/b'],
    [
      { 'Fn::Sub': '${Table}-${Work.Arn}-${!Literal}' },
      'Table-arn:aws:lambda:us-east-1:000000000000:function:Work-${Literal}',
    ],
    [{ 'Fn::Sub': ['${x}:${AWS::Partition}', { x: { Ref: 'Table' } }] }, 'Table:aws'],
    [{ 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
    [{ 'Fn::If': ['InChina', 'there', 'here'] }, 'here'],
    [
      ['a', { Ref: 'AWS::NoValue' }, 'b'],
      ['a', 'b'],
    ],
    [{ kept: 1, gone: { Ref: 'AWS::NoValue' } }, { kept: 1 }],
    [{ 'Fn::FindInMap': ['M', { Ref: 'AWS::Region' }, 'k'] }, 'v'],
  ])('%j', (value, expected) => {
    expect(resolved(value, { Mappings: { M: { 'us-east-1': { k: 'v' } } } })).toEqual(expected);
  });

  test('a resource whose condition does not hold is left out', () => {
    expect(readResources(template).map(({ logicalId }) => logicalId)).not.toContain('Metadata');
  });
});

describe('what cannot run locally is an error that names it', () => {
  test('a resource type', () => {
    const Resources = { ...template.Resources, Bucket: { Type: 'AWS::S3::Bucket' }, Custom: { Type: 'Custom::Thing' } };
    expect(() => readResources({ ...template, Resources })).toThrow(
      'the local engine does not know AWS::S3::Bucket (Bucket), Custom::Thing (Custom): add the type to infra/local/resources.ts',
    );
  });

  test.each<[unknown, string]>([
    [{ 'Fn::ImportValue': 'x' }, 'Probe: Fn::ImportValue cannot be resolved on one machine'],
    [{ Ref: 'Nowhere' }, 'Probe: the template has no resource "Nowhere"'],
    [{ 'Fn::GetAtt': ['Table', 'StreamArn'] }, 'Probe: "Table" has no attribute "StreamArn" on one machine'],
  ])('%j', (value, message) => {
    expect(() => resolved(value)).toThrow(message);
  });
});
