import type Docker from 'dockerode';
import { execa } from 'execa';
import type { CheckOutput, Container } from '../domain/container.ts';
import { maskSecrets } from './secrets.ts';

/** The last lines of output, with what the container's environment marks as secret masked. */
export async function tailContainer(
  docker: Docker,
  { id }: Container,
  lines: number,
): Promise<readonly string[]> {
  const [{ Config }, output] = await Promise.all([
    docker.getContainer(id).inspect(),
    execa('docker', ['logs', '--tail', String(lines), id], { all: true, reject: false }),
  ]);
  return linesOf(maskSecrets(output.all ?? '', Config.Env));
}

/**
 * Characters of a health check's output that are shown. From its beginning: there stands the reason, and what the
 * engine cut off at its own limit of 4 096, half a secret perhaps, is not reached.
 */
const MOST_SHOWN = 2_000;

/** What the health check of the container said last, masked likewise. */
export async function lastCheckOf(docker: Docker, { id }: Container): Promise<CheckOutput | undefined> {
  const { Config, State } = await docker.getContainer(id).inspect();
  const last = State.Health?.Log?.at(-1);
  if (!last) return undefined;
  const lines = linesOf(maskSecrets(last.Output, Config.Env).slice(0, MOST_SHOWN));
  return { exitCode: last.ExitCode, lines };
}

/** A progress bar returns to the start of its line: each of its states is a line here, and writes over nothing. */
const linesOf = (text: string): readonly string[] =>
  text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
