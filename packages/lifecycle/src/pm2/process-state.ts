import { readFileSync } from 'node:fs';

/** Whether a process runs. One that is dead and not yet reaped (a zombie) does not, although signal 0 reaches it. */
export function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !'ZX'.includes(stateOf(pid) ?? 'R');
}

/** The letter the kernel gives: R, S, D, T, Z, X; undefined where there is no /proc. */
function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name before it is in parentheses and may itself hold some.
    return stat.charAt(stat.lastIndexOf(')') + 2) || undefined;
  } catch {
    return undefined;
  }
}
