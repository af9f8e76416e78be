/** JSON Schema, as zod writes it. */
export interface JsonSchema {
  description?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  not?: JsonSchema;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  propertyNames?: JsonSchema;
  additionalProperties?: boolean | JsonSchema;
}

const PLAIN: Record<string, string> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
};

/**
 * The TypeScript type of what a schema takes, descriptions as doc comments. What cannot be said in a type (a pattern, a
 * bound) is left to the schema itself.
 */
export function typeOf(schema: JsonSchema): string {
  if (schema.not) return 'never';
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const shapes = schema.oneOf ?? schema.anyOf;
  if (shapes) return shapes.map((shape) => `(${typeOf(shape)})`).join(' | ');
  if (schema.type === 'object') return objectType(schema);
  if (schema.type === 'array') return `(${typeOf(schema.items ?? {})})[]`;
  const names = [schema.type ?? []].flat();
  return names.length === 0 ? 'unknown' : names.map(plainType).join(' | ');
}

/** A type and no interface: it also goes where a `Record` is asked for. */
export function declaration(name: string, schema: JsonSchema): string {
  return `${comment(schema.description)}export type ${name} = ${typeOf(schema)};\n`;
}

function objectType({ properties = {}, required = [], additionalProperties }: JsonSchema): string {
  const fields = Object.entries(properties).map(([name, schema]) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    return `${comment(schema.description)}${key}${required.includes(name) ? '' : '?'}: ${typeOf(schema)};\n`;
  });
  const others = typeof additionalProperties === 'object' ? typeOf(additionalProperties) : undefined;
  // An index signature must hold for the named fields too.
  const index = others && `[name: string]: ${fields.length > 0 ? 'unknown' : others};\n`;
  if (fields.length === 0 && !index) return 'Record<string, never>';
  return `{\n${fields.join('')}${index ?? ''}}`;
}

function plainType(name: string): string {
  const plain = PLAIN[name];
  if (plain === undefined) throw new Error(`A schema of type "${name}" has no TypeScript type yet`);
  return plain;
}

function comment(description: string | undefined): string {
  return description === undefined ? '' : `/** ${description.replaceAll('*/', '*\\/')} */\n`;
}
