import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const SCRIPTS = [
  'requestMachines',
  'requestReturnMachines',
  'getRequestStatus',
  'getAvailableTemplates',
] as const;
export type ScriptName = (typeof SCRIPTS)[number];

/** A script that was started: its name, and the file that it was given. */
export interface Started {
  script: ScriptName;
  file: string;
}

/** What the script is to do: print the answer and end, as a shell reads it. */
export type Reply = (answer: string) => { stdout: string; shell: string };

/**
 * The scripts in a folder of their own. Each tells the simulator through a pipe that it was started, waits for its
 * reply, which is the rest of the script, and reads that. It needs a shell and nothing else, and costs some 15 ms.
 */
export function provideScripts(serve: (started: Started) => Reply) {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-symphony-'));
  const scripts = join(folder, 'scripts');
  const replies = join(folder, 'replies');
  const pipe = join(folder, 'calls');
  for (const made of [scripts, replies]) mkdirSync(made);
  execFileSync('mkfifo', [pipe]);
  for (const script of SCRIPTS) {
    const path = join(scripts, `${script}.sh`);
    writeFileSync(path, scriptText(script, pipe, replies));
    chmodSync(path, 0o755);
  }

  // Open for writing too: a pipe without writers is at its end.
  const calls = new Socket({
    fd: openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK),
    readable: true,
    writable: false,
  });
  createInterface({ input: calls }).on('line', (line) => {
    const [script, pid, ...file] = line.split(' ');
    const answer = join(replies, `${pid}.out`);
    const { stdout, shell } = serve({ script: script as ScriptName, file: file.join(' ') })(answer);
    writeFileSync(answer, stdout);
    // Whole or not at all.
    writeFileSync(`${answer}.new`, `rm -f '${join(replies, pid!)}'\n${shell}\n`);
    renameSync(`${answer}.new`, join(replies, pid!));
  });
  calls.on('error', () => {});

  return {
    folder: scripts,
    close(): void {
      calls.destroy();
      // Who still waits at the pipe wakes up, and finds nothing to write to.
      try {
        closeSync(openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK));
      } catch {
        // The folder went before us.
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function scriptText(script: ScriptName, pipe: string, replies: string): string {
  return `#!/bin/sh
# ${script} of a simulated host factory provider. Called as: ${script}.sh -f input.json
if [ $# -ne 2 ] || [ "$1" != "-f" ] || [ ! -r "$2" ]; then echo "Error: Error while loading json payload at $2"; exit 1; fi
reply='${replies}'/$$
echo "${script} $$ $2" > '${pipe}'
until [ -e "$reply" ]; do sleep 0.01 || exit 1; [ -d '${replies}' ] || exit 1; done
. "$reply"
`;
}
