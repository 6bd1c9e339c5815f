import { readFileSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';

/** The words of a process's command line; none where it is gone, or where there is no /proc. */
export const commandLineOf = (pid: number): string[] =>
  // npm overwrites them with its title, as one word.
  read(pid, 'cmdline').split(/[\0 ]+/);

/** Whether a process has a handler of its own for SIGTERM. */
export function trapsStop(pid: number): boolean {
  const [, caught = '0'] = /^SigCgt:\s*([\da-f]+)$/m.exec(read(pid, 'status')) ?? [];
  return ((BigInt(`0x${caught}`) >> BigInt(constants.signals.SIGTERM - 1)) & 1n) === 1n;
}

/** Whether one process writes into the pipe that another reads. */
export function feeds(writer: number, reader: number): boolean {
  const pipe = linkOf(reader, 0);
  return pipe.startsWith('pipe:') && pipe === linkOf(writer, 1);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function linkOf(pid: number, descriptor: number): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${descriptor}`);
  } catch {
    return '';
  }
}
