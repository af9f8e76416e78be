import { gunzipSync } from 'node:zlib';
import type { JsonObject } from '../../job/job.ts';
import type { SsmOptions } from './options.ts';
import { SCRIPT_TIMEOUT_SECONDS, type Script } from './transport.ts';

/**
 * The line before a script's output: what profiles and shells print stands in front of it. Without it the script did not
 * begin, so the command may be repeated.
 */
const MARKER = 'pollux 1';
/** The line before an output that is compressed and written in base64. */
const COMPRESSED = 'pollux gzip';
/**
 * Systems Manager shows 24,000 characters of an output, which is some 80 machines. From here on the host compresses: JSON
 * of machines shrinks to a tenth, base64 adds a third.
 */
const COMPRESS_FROM = 20_000;
const MAX_UNPACKED_BYTES = 8 * 1024 * 1024;

/**
 * Runs on the host, as the cluster's account. $1 folder, $2 script, $3 input in base64, $4 seconds, $5 profile or nothing.
 * Needs what a minimal Linux has; without `timeout` the agent's own limit holds.
 */
const HOST_SCRIPT = `
cd "$1" || exit 127
i=$(mktemp "\${TMPDIR:-/tmp}/pollux.XXXXXX") && o=$(mktemp "\${TMPDIR:-/tmp}/pollux.XXXXXX") || exit 126
trap "rm -f \\"\\$i\\" \\"\\$o\\"" EXIT
trap "exit 143" HUP INT TERM
printf %s "$3" | base64 -d > "$i" || exit 126
if [ -n "$5" ]; then . "$5"; fi
[ -x "./$2" ] || { echo "$1/$2 is missing or not executable" >&2; exit 127; }
limit=
if command -v timeout > /dev/null 2>&1; then limit="timeout -k 10 $4"; fi
echo "${MARKER}"
$limit "./$2" -f "$i" > "$o" < /dev/null
code=$?
if [ "$(wc -c < "$o")" -gt ${COMPRESS_FROM} ] && command -v gzip > /dev/null 2>&1
then echo "${COMPRESSED}"; gzip -c "$o" | base64
else cat "$o"
fi
exit $code`.trim();

/** What is sent to the host, line by line. The input is in base64: nothing of a request is ever read by a shell. */
export function commandsFor(script: Script, input: JsonObject, options: SsmOptions): string[] {
  const encoded = Buffer.from(JSON.stringify(input), 'utf8').toString('base64');
  return options.scriptType === 'bat' ? powerShell(script, encoded, options) : shell(script, encoded, options);
}

function shell(script: Script, encoded: string, options: SsmOptions): string[] {
  const account = options.runAs!;
  const seconds = options.requestTimeoutSeconds ?? SCRIPT_TIMEOUT_SECONDS;
  const environment = Object.entries({ USER: account, LOGNAME: account, ...options.environment });
  const words = [
    ...environment.map(([name, value]) => `${name}=${value}`),
    ...['/bin/sh', '-c', HOST_SCRIPT, 'pollux'],
    ...[options.scripts, `${script}.sh`, encoded, String(seconds), options.profile ?? ''],
  ];
  return [
    // The agent is root. `runuser` is there where `sudo` may not be, and asks for no terminal.
    'as=',
    `home=~${account}`,
    `if [ "$(id -un)" != ${quoted(account)} ]; then`,
    `  if command -v runuser > /dev/null 2>&1; then as="runuser -u ${account} --"; else as="sudo -n -u ${account} --"; fi`,
    'fi',
    `exec $as env "HOME=$home" ${words.map(quoted).join(' ')}`,
  ];
}

/** The input is written as bytes: PowerShell's own writers add a byte order mark, which Java and Python refuse. */
function powerShell(script: Script, encoded: string, { environment, scripts }: SsmOptions): string[] {
  return [
    "$ErrorActionPreference = 'Stop'",
    '$code = 126',
    "$file = Join-Path ([IO.Path]::GetTempPath()) ('pollux-' + [Guid]::NewGuid().ToString('N') + '.json')",
    'try {',
    ...Object.entries(environment ?? {}).map(([name, value]) => `  $env:${name} = ${powerQuoted(value)}`),
    `  [IO.File]::WriteAllBytes($file, [Convert]::FromBase64String('${encoded}'))`,
    `  Set-Location -LiteralPath ${powerQuoted(scripts)}`,
    // What a script writes to stderr is no error of PowerShell's.
    "  $ErrorActionPreference = 'Continue'",
    `  '${MARKER}'`,
    `  & '.\\${script}.bat' -f $file`,
    '  $code = $LASTEXITCODE',
    '} finally { Remove-Item -LiteralPath $file -ErrorAction SilentlyContinue }',
    'exit $code',
  ];
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** PowerShell takes the typographic quotes for quotes too; each is written twice. */
function powerQuoted(word: string): string {
  return `'${word.replace(/['\u2018-\u201b]/g, '$&$&')}'`;
}

/** The script's own output out of the host's. `undefined`: it did not begin. */
export function unwrap(output: string): string | undefined {
  const marker = new RegExp(`^${MARKER}\\r?$\\n?`, 'm').exec(output);
  if (!marker) return undefined;
  const own = output.slice(marker.index + marker[0].length);
  if (!own.startsWith(COMPRESSED)) return own;
  try {
    const packed = Buffer.from(own.slice(COMPRESSED.length), 'base64');
    return gunzipSync(packed, { maxOutputLength: MAX_UNPACKED_BYTES }).toString('utf8');
  } catch {
    // Cut even so. What stands there is no JSON and says nothing.
    return '{"';
  }
}
