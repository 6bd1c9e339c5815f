import { basename } from 'node:path';

const SHELLS = ['sh', 'bash', 'dash', 'ash', 'zsh'];
/** Each starts a shell for a script or a program of a package, and ends at once on a stop signal (as measured). */
const RUNNER = /^(npm|npx|yarn|pnpm|pnpx)(?:-cli|-\d[\w.-]*)?(?:\.[cm]?js)?$/;

/** A launcher that keeps a stop signal from the service. */
export interface Wrapper {
  readonly name: string;
  readonly kind: 'shell' | 'runner';
}

/** The wrapper that a command line runs, if it is one. */
export function wrapperOf([first = '', second = '']: readonly string[]): Wrapper | undefined {
  const program = basename(first);
  if (SHELLS.includes(program)) return { name: program, kind: 'shell' };
  const [, name] = RUNNER.exec(program === 'node' ? basename(second) : program) ?? [];
  return name === undefined ? undefined : { name, kind: 'runner' };
}

/**
 * Whether a command line is tsx: it forwards a stop signal, but kills a child that does not answer within 30 ms, which
 * happens on a busy machine. It ends with its child's exit code when the child itself is signalled.
 * Source: `relaySignals` in `dist/cli.mjs` of tsx 4.23.
 */
export const isTsx = ([first = '', second = '']: readonly string[]): boolean =>
  /(^|\/)tsx(\/dist\/cli)?(\.[cm]?js)?$/.test(basename(first) === 'node' ? second : first);

/** What a shell's command line gives it to run (`-c`, `-lc`), undefined where it reads a script. */
export function shellScriptOf(command: readonly string[]): string | undefined {
  const at = command.findIndex((word) => /^-[a-z]*c$/.test(word));
  return at < 0 ? undefined : command[at + 1];
}
