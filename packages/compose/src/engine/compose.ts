import { messageOf, redactUrls } from '@cutover/internal';
import { ExecaError } from 'execa';
import type { UpOrder } from '../ports/index.ts';
import { type DockerCommand, runDocker } from './docker-command.ts';
import { engineLost } from './lost.ts';

/** Where a Compose project is; what is left out is found as Compose finds it. */
export interface ComposeFiles {
  readonly directory: string;
  readonly files: readonly string[];
  readonly envFile: string | undefined;
  readonly projectName: string | undefined;
  /** Where relative paths start, if not in the folder of the first file. */
  readonly base?: string;
  /** The text of the file that is called `-`. */
  readonly input?: string;
}

/** The arguments of a Compose command, as data. */
export const composeArguments = (
  { files, envFile, projectName, base }: ComposeFiles,
  command: readonly string[],
) => [
  'compose',
  ...files.flatMap((file) => ['--file', file]),
  ...(envFile ? ['--env-file', envFile] : []),
  ...(projectName ? ['--project-name', projectName] : []),
  ...(base ? ['--project-directory', base] : []),
  ...command,
];

// Without this the services of the idle slot, whose profile is off, would not be there.
const EVERY_PROFILE = ['--profile', '*'];

export const composeCommands = {
  config: [...EVERY_PROFILE, 'config', '--format', 'json'],
  written: [...EVERY_PROFILE, 'config', '--no-interpolate', '--format', 'json'],
  // One for all: two beside each other would both start what their services depend on.
  // Not with --no-deps: it changes the hash by which a bare `up` by hand tells whether to create the container anew.
  up: (orders: readonly UpOrder[], mode: '--detach' | '--no-start' = '--detach') => [
    ...EVERY_PROFILE,
    'up',
    mode,
    '--no-build',
    '--no-recreate',
    ...orders.flatMap(({ service, replicas }) =>
      replicas === undefined ? [] : ['--scale', `${service}=${replicas}`],
    ),
    ...orders.map(({ service }) => service),
  ],
} as const;

export interface ComposeVariables {
  /** These come from the env file alone, where a shell that exports one would win. */
  readonly managed: Iterable<string>;
  /** These win over the env file. */
  readonly variables?: Readonly<Record<string, string>>;
}

/**
 * The standard output of one Compose command.
 *
 * @throws ExecaError when Compose fails, and what `runDocker` throws
 */
export async function runCompose(
  project: ComposeFiles,
  command: readonly string[],
  { managed, variables }: ComposeVariables,
  run: Pick<DockerCommand, 'doing' | 'code' | 'fix' | 'limit' | 'signal'>,
): Promise<string> {
  const { stdout, error } = await runDocker(composeArguments(project, command), {
    ...run,
    cwd: project.directory,
    input: project.input,
    env: { ...Object.fromEntries([...managed].map((name) => [name, undefined])), ...variables },
  });
  if (error) throw error;
  return stdout;
}

/** As the docker client says it, and with it Compose. */
const LOST = /Cannot connect to the Docker daemon|error during connect/;

/** An engine that was not there, or went away before it had answered, is no fault of what was to be done. */
export function throwLost(error: unknown): never {
  const isLost = error instanceof ExecaError && LOST.test(String(error.stderr));
  throw isLost ? engineLost(composeReason(error), error) : error;
}

/** The end of what Compose said, which is where its reason stands; without passwords. */
export function composeReason(error: unknown): string {
  if (!(error instanceof ExecaError)) return messageOf(error);
  if (error.code === 'ENOENT') return 'there is no docker command';
  const lines = String(error.stderr ?? '')
    .trim()
    .split('\n');
  return redactUrls(lines.at(-1) || error.shortMessage);
}
