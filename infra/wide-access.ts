import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/** Actions on resources of which there is one for each connection: secrets, hosts. */
export interface Access {
  actions: readonly string[];
  resources: readonly string[];
  conditions?: Record<string, Record<string, unknown>>;
  /** For cdk-nag, why a resource is wild. */
  reasons?: Record<string, string>;
}

/**
 * Of characters, white space not counted (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html): a role
 * takes 10,240 inside of it, of which this leaves the rest to what else the function may do, and a managed policy 6,144.
 */
const INLINE_CHARACTERS = 4_000;
const MANAGED_CHARACTERS = 6_000;
/** As many managed policies as a role takes, unless AWS has been asked for more. */
const MAX_MANAGED_POLICIES = 10;
/** What a statement has around its resources. */
const STATEMENT_CHARACTERS = 200;
/** The longest region is ap-southeast-1, with 14; account and partition are shorter. */
const TOKEN_CHARACTERS = 14;

/** Lets all of these functions do this. `what` names it for whoever has more of it than IAM takes. */
export function allowWidely(
  scope: Construct,
  functions: readonly lambda.Function[],
  accesses: readonly Access[],
  { what, path }: { what: string; path?: string | undefined },
): void {
  // The first document goes into each role; further ones are policies that the roles share, so that the template has them once.
  const [inline = [], ...managed] = documents(merged(accesses));
  if (managed.length > MAX_MANAGED_POLICIES) {
    throw new Error(
      `${what} need ${managed.length} managed policies beside the functions' own, and IAM attaches ${MAX_MANAGED_POLICIES} to a role: ` +
        'open the secrets by what they have in common (property "secretAccess": a prefix or a tag), or deploy two stacks with half of the connections each',
    );
  }
  for (const fn of functions) {
    for (const access of inline) fn.addToRolePolicy(statementOf(access));
    acknowledge(fn.role!, reasonsOf(inline));
  }
  for (const [index, document] of managed.entries()) {
    const policy = new iam.ManagedPolicy(scope, `Access${index + 1}`, {
      description: `Pollux: ${what}, part ${index + 2} of ${managed.length + 1}`,
      roles: functions.map(({ role }) => role!),
      statements: document.map(statementOf),
      ...(path !== undefined && { path }),
    });
    acknowledge(policy, reasonsOf(document));
    // Nobody may call a function that cannot read its secrets yet.
    for (const fn of functions) fn.node.addDependency(policy);
  }
}

/** IAM allows an action on each resource by itself, so what is allowed is the same in one statement as in many. */
function merged(accesses: readonly Access[]): Access[] {
  const found = new Map<string, Access>();
  for (const access of accesses) {
    const key = JSON.stringify([access.actions, access.conditions]);
    const resources = [...(found.get(key)?.resources ?? []), ...access.resources];
    found.set(key, { ...access, resources });
  }
  return [...found.values()].map((access) => ({ ...access, resources: [...new Set(access.resources)] }));
}

/** The first as small as what shares its policy demands. */
function documents(accesses: readonly Access[]): Access[][] {
  const found: Access[][] = [[]];
  let left = INLINE_CHARACTERS;
  for (const access of accesses) {
    let resources: string[] = [];
    const close = () => {
      if (resources.length > 0) found.at(-1)!.push({ ...access, resources });
      resources = [];
    };
    left -= STATEMENT_CHARACTERS;
    for (const resource of access.resources) {
      const characters = lengthOf(resource);
      if (characters > left) {
        close();
        if (found.at(-1)!.length > 0) found.push([]);
        left = MANAGED_CHARACTERS - STATEMENT_CHARACTERS;
      }
      resources.push(resource);
      left -= characters;
    }
    close();
  }
  return found;
}

/** With quotes and comma. A token stands for what only the deploy knows. */
function lengthOf(resource: string): number {
  return resource.replaceAll(/\$\{Token\[[^\]]*\]\}/g, 'x'.repeat(TOKEN_CHARACTERS)).length + 3;
}

function reasonsOf(accesses: readonly Access[]): Record<string, string> {
  return Object.assign({}, ...accesses.map(({ reasons }) => reasons));
}

function statementOf({ actions, resources, conditions }: Access): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: [...actions],
    resources: [...resources],
    ...(conditions && { conditions }),
  });
}
