/**
 * Stands for `@aws-sdk/credential-provider-node` in a function's bundle. Lambda puts a function's credentials into its
 * environment; the other sources that the package looks through (profiles, SSO, processes, containers, instances) are a
 * quarter of every client's code.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
