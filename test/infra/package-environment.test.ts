import { expect, test } from 'vitest';
import { registrySettings } from '../package/environment.ts';

test("the test of the package installs with the caller's certificates, registry, proxies and npm settings", () => {
  const caller = {
    NODE_EXTRA_CA_CERTS: '/etc/ssl/company.pem',
    SSL_CERT_FILE: '/etc/ssl/bundle.pem',
    SSL_CERT_DIR: '/etc/ssl/certs',
    npm_config_registry: 'https://registry.example.com/',
    NPM_CONFIG_CAFILE: '/etc/ssl/company.pem',
    npm_config_userconfig: '/home/ci/.npmrc',
    npm_config_globalconfig: '/etc/npmrc',
    npm_config_cache: '/var/cache/npm',
    npm_config_strict_ssl: 'true',
    'npm_config_//registry.example.com/:_authToken': 'token',
    HTTPS_PROXY: 'http://proxy.example.com:3128',
    http_proxy: 'http://proxy.example.com:3128',
    NO_PROXY: 'localhost',
    HOME: '/home/ci',
    TMPDIR: '/var/tmp',
    XDG_CONFIG_HOME: '/home/ci/.config',
  };
  expect(registrySettings(caller)).toEqual(caller);
});

test('nothing else of the environment reaches the app: no settings of AWS, of Pollux, of Node, or of the folder that npm runs in', () => {
  const others = {
    AWS_PROFILE: 'production',
    POLLUX_CONNECTIONS: 'connections.json',
    NODE_OPTIONS: '--import=tsx',
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    CDK_OUTDIR: 'out',
    npm_config_local_prefix: '/repository',
    npm_config_prefix: '/usr/local',
    npm_config_workspace: 'infra',
    npm_config_omit: 'dev',
    npm_lifecycle_event: 'test:package',
    npm_package_name: 'pollux',
    PATH: '/usr/bin',
  };
  expect(registrySettings(others)).toEqual({});
});
