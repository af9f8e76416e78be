/** `npm run docs`: writes `docs/cli.md` from the commands' own help. With `--check` it only says whether the page is stale. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { commands } from './commands.ts';
import { helpOf, overview } from './help.ts';

export const PAGE = fileURLToPath(new URL('../docs/cli.md', import.meta.url));

export function page(): string {
  const block = (text: string) => `\`\`\`text\n${text}\n\`\`\``;
  return [
    '# The command line',
    '`npm run -s pollux -- <command>` in this repository. It talks to the local engine (`npm start`) unless `--url` or `POLLUX_URL` names a deployed API. Requests to an `execute-api` host are signed with the credentials of your AWS profile; an API under a domain name of your own needs `--sigv4`, and `--region` if the profile has none.',
    'This page is made of the help texts: `npm run docs`.',
    block(overview(commands)),
    ...commands.flatMap((command) => [`## ${command.name}`, block(helpOf(command))]),
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
