/**
 * How this machine reaches a registry: npm's own settings, authorities of certificates, proxies, and the folders in which npm
 * finds the rest of them. An app is installed with the same; nothing else of this environment may decide what comes out.
 */
const KEPT =
  /^(npm_config_.*|node_extra_ca_certs|node_use_system_ca|ssl_cert_(file|dir)|(https?|no|all)_proxy|home|tmpdir|xdg_(config|cache)_home)$/i;
/** What `npm run` says of the folder that it was started in, and of what it was asked for there. */
const OF_THIS_FOLDER =
  /^npm_config_(local_prefix|prefix|global|location|workspaces?|include_workspace_root|dry_run|save|omit|include|production|only)$/i;

export function registrySettings(environment: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(environment).filter(([name]) => KEPT.test(name) && !OF_THIS_FOLDER.test(name));
  return Object.fromEntries(kept as [string, string][]);
}
