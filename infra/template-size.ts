import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MAX_BYTES = 1_000_000;
/** Fewer connections never come near it, and do without a second rendering of the template. */
const MANY_CONNECTIONS = 200;

/** With many connections: makes a synth fail whose template CloudFormation would not take. */
export function limitTemplateSize(construct: Construct, connections: number): void {
  if (connections <= MANY_CONNECTIONS) return;
  const stack = Stack.of(construct);
  construct.node.addValidation({
    validate: () => {
      // As the CDK writes it, with an indent of one.
      const rendered = stack as unknown as { _toCloudFormation(): unknown };
      const bytes = Buffer.byteLength(JSON.stringify(stack.resolve(rendered._toCloudFormation()), undefined, 1));
      if (bytes <= MAX_BYTES) return [];
      return [
        `the template would have ${bytes.toLocaleString('en')} bytes, and CloudFormation takes ${MAX_BYTES.toLocaleString('en')}: ` +
          `open the secrets of the ${connections} connections by what they have in common (property "secretAccess": a prefix or a ` +
          'tag), or deploy two stacks with half of them each',
      ];
    },
  });
}
