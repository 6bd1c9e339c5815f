import type Docker from 'dockerode';
import type { CheckOutput, Container } from '../domain/container.ts';
import { runDocker } from './docker-command.ts';
import { maskSecrets } from './secrets.ts';

/** The last lines of output, with what the container's environment marks as secret masked. */
export async function tailContainer(
  docker: Docker,
  { id }: Container,
  lines: number,
  limit: number,
): Promise<readonly string[]> {
  const doing = `reading the output of ${id}`;
  const [{ Config }, output] = await Promise.all([
    docker.getContainer(id).inspect(),
    runDocker(['logs', '--tail', String(lines), id], { doing, code: 'engine-unreachable', limit }),
  ]);
  return linesOf(maskSecrets(output.all, Config.Env));
}

/**
 * Characters of a health check's output that are shown, from its start. The engine truncates the output at 4 096
 * characters, which may leave a part of a secret that cannot be masked; this limit stays below.
 */
const MOST_SHOWN = 2_000;

/** The last result of the container's health check, masked in the same way. */
export async function lastCheckOf(docker: Docker, { id }: Container): Promise<CheckOutput | undefined> {
  const { Config, State } = await docker.getContainer(id).inspect();
  const last = State.Health?.Log?.at(-1);
  if (!last) return undefined;
  const lines = linesOf(maskSecrets(last.Output, Config.Env).slice(0, MOST_SHOWN));
  return { exitCode: last.ExitCode, lines };
}

/** A carriage return, as progress bars print it, also ends a line: it must not overwrite the report. */
const linesOf = (text: string): readonly string[] =>
  text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
