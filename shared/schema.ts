/**
 * zod in the form whose schemas are plain functions: what a function's bundle does not use is not in it, and its schemas
 * cost a start less than half of what those of `zod` itself do. That form has no words for its errors: `issues.ts` has.
 */
export * from 'zod/mini';
