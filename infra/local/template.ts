import { EngineError } from './engine-error.ts';

/** The part of a CloudFormation template that the engine reads. */
export interface Template {
  Resources: Record<string, TemplateResource>;
  Parameters?: Record<string, { Type?: string; Default?: unknown }>;
  Conditions?: Record<string, unknown>;
  Mappings?: Record<string, Record<string, Record<string, unknown>>>;
}

export interface TemplateResource {
  Type: string;
  Condition?: string;
  Properties?: Record<string, unknown>;
  Metadata?: Record<string, unknown>;
}

/** What `Ref` and `Fn::GetAtt` give for one resource. */
export interface Identity {
  name: string;
  ref: string;
  attributes: Record<string, string>;
}

/** A resource with nothing left to look up. */
export interface Resource extends Identity {
  logicalId: string;
  type: string;
  properties: Record<string, unknown>;
  metadata: Record<string, unknown>;
}

/** The account that the local ARNs speak of. A real region, since SDK clients check the name. */
export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';

const PSEUDO_PARAMETERS: Record<string, unknown> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': REGION,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'Pollux',
  'AWS::StackId': `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/Pollux/local`,
  'AWS::NotificationARNs': [],
  'AWS::NoValue': undefined,
};

type Json = Record<string, unknown>;

/**
 * Resolves the intrinsic functions of every resource whose condition holds. `identify` knows the types: it gets a
 * resource's explicit name if the template has one, and says what references to it become.
 */
export function resolveTemplate(
  template: Template,
  identify: (logicalId: string, resource: TemplateResource, properties: Json) => Identity,
): Resource[] {
  const identities = new Map<string, Identity>();

  function identity(logicalId: string, where: string): Identity {
    const known = identities.get(logicalId);
    if (known) return known;
    const resource = template.Resources[logicalId];
    if (!resource) throw new EngineError(`${where}: the template has no resource "${logicalId}"`);
    // Only names are needed here, and a name never refers back to its own resource; so there is no cycle to fear.
    const strings = Object.entries(resource.Properties ?? {}).filter(([key]) => key.endsWith('Name') || key === 'Name');
    const found = identify(logicalId, resource, resolve(Object.fromEntries(strings), logicalId) as Json);
    identities.set(logicalId, found);
    return found;
  }

  function reference(logicalId: string, where: string): unknown {
    if (Object.hasOwn(PSEUDO_PARAMETERS, logicalId)) return PSEUDO_PARAMETERS[logicalId];
    const parameter = template.Parameters?.[logicalId];
    if (!parameter) return identity(logicalId, where).ref;
    if (parameter.Default === undefined) throw new EngineError(`${where}: the parameter "${logicalId}" has no default`);
    return parameter.Default;
  }

  function attribute(logicalId: string, name: string, where: string): string {
    const value = identity(logicalId, where).attributes[name];
    if (value === undefined)
      throw new EngineError(`${where}: "${logicalId}" has no attribute "${name}" on one machine`);
    return value;
  }

  function condition(expression: unknown, where: string): boolean {
    if (typeof expression === 'string')
      return condition(template.Conditions?.[expression] ?? null, `condition ${expression}`);
    const [key, value] = Object.entries((expression ?? {}) as Json)[0] ?? [];
    if (key === 'Condition') return condition(value, where);
    if (key === 'Fn::And') return (value as unknown[]).every((part) => condition(part, where));
    if (key === 'Fn::Or') return (value as unknown[]).some((part) => condition(part, where));
    if (key === 'Fn::Not') return !condition((value as unknown[])[0], where);
    if (key === 'Fn::Equals') {
      const [left, right] = (value as unknown[]).map((part) => JSON.stringify(resolve(part, where)));
      return left === right;
    }
    throw new EngineError(
      `${where}: the condition ${key ?? JSON.stringify(expression)} cannot be resolved on one machine`,
    );
  }

  const intrinsics: Record<string, (argument: never, where: string) => unknown> = {
    Ref: (logicalId: string, where) => reference(logicalId, where),
    'Fn::GetAtt': (argument: string | [string, string], where) => {
      const [logicalId, ...path] = typeof argument === 'string' ? argument.split('.') : argument;
      return attribute(logicalId!, path.join('.'), where);
    },
    'Fn::Join': ([separator, parts]: [string, unknown], where) => (resolve(parts, where) as unknown[]).join(separator),
    'Fn::Split': ([separator, text]: [string, unknown], where) => String(resolve(text, where)).split(separator),
    'Fn::Select': ([index, list]: [unknown, unknown], where) =>
      (resolve(list, where) as unknown[])[Number(resolve(index, where))],
    'Fn::Sub': (argument: string | [string, Json], where) => {
      const [text, variables] = typeof argument === 'string' ? [argument, {} as Json] : argument;
      return text.replaceAll(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
        if (literal) return `\${${name}}`;
        if (Object.hasOwn(variables, name)) return String(resolve(variables[name], where));
        const dot = name.indexOf('.');
        return String(dot < 0 ? reference(name, where) : attribute(name.slice(0, dot), name.slice(dot + 1), where));
      });
    },
    'Fn::If': ([name, then, otherwise]: [string, unknown, unknown], where) =>
      resolve(condition(name, where) ? then : otherwise, where),
    'Fn::FindInMap': ([map, first, second]: [string, unknown, unknown], where) =>
      template.Mappings?.[map]?.[String(resolve(first, where))]?.[String(resolve(second, where))],
    'Fn::Base64': (argument: unknown, where) => Buffer.from(String(resolve(argument, where))).toString('base64'),
  };

  function resolve(value: unknown, where: string): unknown {
    if (Array.isArray(value)) return value.map((item) => resolve(item, where)).filter((item) => item !== undefined);
    if (value === null || typeof value !== 'object') return value;
    const keys = Object.keys(value);
    const key = keys[0];
    if (keys.length === 1 && key !== undefined && (key === 'Ref' || key.startsWith('Fn::'))) {
      const intrinsic = intrinsics[key];
      if (!intrinsic) throw new EngineError(`${where}: ${key} cannot be resolved on one machine`);
      return intrinsic((value as Json)[key] as never, where);
    }
    const entries = Object.entries(value).map(([name, item]) => [name, resolve(item, where)] as const);
    return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
  }

  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Condition === undefined || condition(resource.Condition, resource.Condition))
    .map(([logicalId, resource]) => ({
      logicalId,
      type: resource.Type,
      ...identity(logicalId, logicalId),
      properties: resolve(resource.Properties ?? {}, logicalId) as Json,
      metadata: resource.Metadata ?? {},
    }));
}
