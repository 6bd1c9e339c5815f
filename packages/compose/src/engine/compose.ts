import { messageOf, redactUrls } from '@cutover/internal';
import { ExecaError, execa } from 'execa';
import { DeployError } from '../domain/errors.ts';

/** Where a Compose project is; what is left out is found as Compose finds it. */
export interface ComposeFiles {
  readonly directory: string;
  readonly files: readonly string[];
  readonly envFile: string | undefined;
  readonly projectName: string | undefined;
}

/** What a deployment must know of the Compose file; a part of `docker compose config`. */
export interface ComposeConfig {
  readonly name: string;
  readonly services: Readonly<Record<string, ComposeService>>;
}

export interface ComposeService {
  readonly image?: string;
  readonly container_name?: string;
  readonly profiles?: readonly string[];
  readonly stop_grace_period?: string;
  readonly scale?: number;
  readonly deploy?: { readonly replicas?: number };
}

/** The arguments of a Compose command, as data. */
export const composeArguments = (
  { files, envFile, projectName }: ComposeFiles,
  command: readonly string[],
) => [
  'compose',
  ...files.flatMap((file) => ['--file', file]),
  ...(envFile ? ['--env-file', envFile] : []),
  ...(projectName ? ['--project-name', projectName] : []),
  ...command,
];

// Without this the services of the idle slot, whose profile is off, would not be there.
const EVERY_PROFILE = ['--profile', '*'];

export const composeCommands = {
  config: [...EVERY_PROFILE, 'config', '--format', 'json'],
  // Not with --no-deps: it changes the hash by which a bare `up` by hand tells whether to create the container anew.
  up: (service: string, replicas: number | undefined) => [
    ...EVERY_PROFILE,
    'up',
    '--detach',
    '--no-build',
    '--no-recreate',
    ...(replicas === undefined ? [] : ['--scale', `${service}=${replicas}`]),
    service,
  ],
} as const;

/**
 * Runs one Compose command. `managed` variables come from the env file alone, where a shell that exports one would win;
 * `variables` win over it.
 */
export async function runCompose(
  project: ComposeFiles,
  command: readonly string[],
  {
    managed = [],
    variables,
    signal,
  }: {
    managed?: Iterable<string>;
    variables?: Readonly<Record<string, string>>;
    signal?: AbortSignal | undefined;
  } = {},
): Promise<string> {
  const { stdout } = await execa('docker', composeArguments(project, command), {
    cwd: project.directory,
    env: { ...Object.fromEntries([...managed].map((name) => [name, undefined])), ...variables },
    stdin: 'ignore',
    // A group of its own: Ctrl-C on a terminal is for us to answer, in order, not for a half-done `up`.
    detached: true,
    ...(signal ? { cancelSignal: signal } : {}),
  });
  return stdout;
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

const MAJOR = 2;

/** Compose v2 or later, as a plugin of the docker CLI: v1 has neither the commands nor the names used here. */
export async function assertComposeV2(project: ComposeFiles): Promise<void> {
  const version = await execa('docker', ['compose', 'version', '--short'], {
    cwd: project.directory,
    reject: false,
  });
  const major = Number(/^v?(\d+)\./.exec(version.stdout ?? '')?.[1]);
  if (major >= MAJOR) return;
  throw new DeployError('compose-unavailable', {
    doing: 'looking for Docker Compose',
    found: version.exitCode === 0 ? `version ${version.stdout}` : 'docker compose does not answer',
    wanted: 'Docker Compose v2 or later, as a plugin of the docker command',
    fix: 'install the docker-compose-plugin package (or docker-compose-v2)',
  });
}
