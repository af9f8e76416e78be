import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Notes, beside the code that a rule of cdk-nag would object to, why it is as it is. Nothing of it reaches the template. */
export function acknowledge(construct: IConstruct, reasons: Record<string, string>): void {
  Validations.of(construct).acknowledge(...Object.entries(reasons).map(([id, reason]) => ({ id, reason })));
}
