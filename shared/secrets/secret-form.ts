/**
 * What the JSON of a secret must hold. A table and not a schema: every function that talks to a platform reads a secret, and
 * most of them have nothing else to validate, so that they do without zod, which is a tenth of a function's load time.
 */
export interface SecretForm {
  /** Texts that are not empty. */
  fields: readonly string[];
  /** More of them, of which all are there or none. */
  together?: readonly string[];
  patterns?: Readonly<Record<string, RegExp>>;
}

/** The form's own fields, and the names of those that are missing or wrong: never what they hold. */
export function readSecret(
  { fields, together = [], patterns = {} }: SecretForm,
  value: unknown,
): { secret: Record<string, unknown>; wrong: string[] } {
  const given: Record<string, unknown> = Object(value);
  const needed = together.some((name) => given[name] !== undefined) ? [...fields, ...together] : fields;
  const wrong = needed.filter((name) => {
    const text = given[name];
    return typeof text !== 'string' || text === '' || patterns[name]?.test(text) === false;
  });
  return { secret: Object.fromEntries(needed.map((name) => [name, given[name]])), wrong };
}

/** What is wrong with a secret, by the names of its fields and never by what they hold. */
export function secretProblem({ fields }: SecretForm, value: unknown, wrong: readonly string[]): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return `lacks, or has wrong: ${wrong.join(', ')}`;
  return `must be a JSON object with ${fields.map((name) => `"${name}"`).join(' and ')}`;
}
