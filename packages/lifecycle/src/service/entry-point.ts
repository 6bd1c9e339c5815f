import { basename } from 'node:path';
import { shellScriptOf, wrapperOf } from './wrapper.ts';

/** Why a command would not stop correctly with its container. */
export interface EntryPointFault {
  readonly code: 'wrapper' | 'pm2-no-daemon' | 'pm2-daemon' | 'auto-exit';
  /** Whether the command is refused rather than warned about. */
  readonly refused: boolean;
  readonly found: string;
  readonly fix: string;
}

const RUNTIMES = ['pm2-runtime', 'pm2-docker'];

/** The faults of a command, as measured with pm2 7.0.4, npm 11, yarn 1.22 and pnpm 10.34 (see docs/lifecycle.md). */
export function judgeEntryPoint(command: readonly string[]): EntryPointFault[] {
  const words = command.map((word) => basename(word));
  return [...judgeWrapper(command), ...judgePm2(words), ...judgeRuntime(words)];
}

function* judgeWrapper(command: readonly string[]): Generator<EntryPointFault> {
  const { name, kind } = wrapperOf(command) ?? {};
  const script = shellScriptOf(command);
  // A shell that `exec` replaces is not a wrapper; a script file may use exec as well.
  if (!name || (kind === 'shell' && (!script || /^\s*exec\s/.test(script)))) return;
  yield {
    code: 'wrapper',
    refused: false,
    found: `${name} ends at once on a stop signal and leaves the service running`,
    fix: `runService stops what ${name} has started, but docker kill, a debugger or a plain CMD would not: give the program itself, as ['node', 'dist/server.js']${kind === 'shell' ? ', or begin the script with exec' : ''}`,
  };
}

function* judgePm2(words: string[]): Generator<EntryPointFault> {
  const at = words.indexOf('pm2');
  if (at < 0 || words[at + 1] !== 'start') return;
  const attached = words.includes('--no-daemon') || words.includes('-n');
  yield {
    code: attached ? 'pm2-no-daemon' : 'pm2-daemon',
    refused: true,
    found: attached
      ? 'pm2 start --no-daemon ignores signals, so the apps would be killed without notice'
      : 'pm2 start leaves its daemon behind and exits, and the container with it',
    fix: 'use pm2-runtime',
  };
}

function* judgeRuntime(words: string[]): Generator<EntryPointFault> {
  if (!words.some((word) => RUNTIMES.includes(word)) || words.includes('--no-auto-exit')) return;
  yield {
    code: 'auto-exit',
    refused: false,
    found: 'pm2-runtime treats draining apps as gone and signals them again after about 7 s',
    fix: 'add --no-auto-exit',
  };
}
