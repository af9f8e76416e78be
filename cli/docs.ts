/** `npm run docs`: writes `docs/cli.md` from the commands' own help. With `--check` it only says whether the page is stale. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { commands } from './commands.ts';
import { helpOf, overview } from './help.ts';

export const PAGE = fileURLToPath(new URL('../docs/cli.md', import.meta.url));

export function page(): string {
  const fenced = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\``;
  return [
    '# The command line',
    '`npm run -s pollux -- <command>` in this repository. It talks to the local engine (`npm start`) unless `--url` or `POLLUX_URL` names a deployed API. Requests to an `execute-api` host are signed with the credentials of your AWS profile; an API under a domain name of your own needs `--sigv4`, and `--region` if the profile has none.',
    'For a command `pollux`, which the examples and the [completion](#completion) want, install the package (without `--legacy-peer-deps` npm installs the CDK beside it, which only the construct needs):',
    fenced('sh', 'npm pack && npm install --global --legacy-peer-deps ./pollux-*.tgz'),
    'Or put a function into the start-up file of your shell, with the path of your clone. For bash and zsh:',
    fenced('sh', 'pollux() { ~/pollux/node_modules/.bin/node ~/pollux/cli/main.ts "$@"; }'),
    'For fish:',
    fenced('fish', 'function pollux; ~/pollux/node_modules/.bin/node ~/pollux/cli/main.ts $argv; end'),
    'This page is made of the help texts: `npm run docs`.',
    fenced('text', overview(commands)),
    ...commands.flatMap((command) => [`## ${command.name}`, fenced('text', helpOf(command))]),
  ]
    .join('\n\n')
    .concat('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes('--check')) writeFileSync(PAGE, page());
  else if (readFileSync(PAGE, 'utf8') !== page()) {
    console.error('docs/cli.md is stale: npm run docs');
    process.exitCode = 1;
  }
}
