import { App } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { PolluxStack } from '../../infra/stack.ts';
import { exampleConnections } from './fixtures.ts';

describe('cdk-nag', () => {
  it.each([
    ['AWS Solutions', AwsSolutionsChecks],
    ['Serverless', ServerlessChecks],
  ])('%s finds nothing that is not acknowledged beside the code', (_, Checks) => {
    const stack = new PolluxStack(new App(), 'Pollux', { connections: exampleConnections });
    const { violations } = new Checks().validateScope(stack);
    const found = violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
    );
    expect(found).toEqual([]);
  });
});
