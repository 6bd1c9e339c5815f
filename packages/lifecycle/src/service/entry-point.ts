import { basename } from 'node:path';

/** Why a command would not be heard, or would end early, when the container stops. */
export interface EntryPointFault {
  readonly code: 'shell-form' | 'pm2-no-daemon' | 'pm2-daemon' | 'auto-exit';
  /** Whether the command is refused rather than warned about. */
  readonly deaf: boolean;
  readonly found: string;
  readonly fix: string;
}

const SHELLS = ['sh', 'bash', 'dash', 'ash', 'zsh'];
const RUNTIMES = ['pm2-runtime', 'pm2-docker'];

/** The faults of a command, as measured with pm2 7.0.4 (see docs/lifecycle.md). */
export function judgeEntryPoint(command: readonly string[]): EntryPointFault[] {
  const words = command.map((word) => basename(word));
  return [...judgeShell(words, command), ...judgePm2(words), ...judgeRuntime(words)];
}

function* judgeShell([program = '']: string[], command: readonly string[]): Generator<EntryPointFault> {
  const script = command[command.indexOf('-c') + 1] ?? '';
  if (!SHELLS.includes(program) || !command.includes('-c') || /^\s*exec\s/.test(script)) return;
  yield {
    code: 'shell-form',
    deaf: true,
    found: `${program} -c does not pass signals on, so the service would be killed without notice`,
    fix: 'give the program and its arguments as a list, or begin the script with exec',
  };
}

function* judgePm2(words: string[]): Generator<EntryPointFault> {
  const at = words.indexOf('pm2');
  if (at < 0 || words[at + 1] !== 'start') return;
  const attached = words.includes('--no-daemon') || words.includes('-n');
  yield {
    code: attached ? 'pm2-no-daemon' : 'pm2-daemon',
    deaf: true,
    found: attached
      ? 'pm2 start --no-daemon ignores signals, so the apps would be killed without notice'
      : 'pm2 start leaves its daemon behind and ends, and the container with it',
    fix: 'use pm2-runtime',
  };
}

function* judgeRuntime(words: string[]): Generator<EntryPointFault> {
  if (!words.some((word) => RUNTIMES.includes(word)) || words.includes('--no-auto-exit')) return;
  yield {
    code: 'auto-exit',
    deaf: false,
    found: 'pm2-runtime takes draining apps for gone and signals them again after about 7 s',
    fix: 'add --no-auto-exit',
  };
}
