import { DeployError } from '../domain/errors.ts';
import {
  type ComposeFiles,
  type ComposeVariables,
  composeCommands,
  composeReason,
  runCompose,
} from './compose.ts';
import { runDocker } from './docker-command.ts';
import type { ComposeModel } from './fingerprint.ts';
import type { Limits } from './limits.ts';

/** What a deployment must know of the Compose file; a part of `docker compose config`. */
export interface ComposeConfig {
  readonly name: string;
  readonly services: Readonly<Record<string, ComposeService>>;
}

export interface ComposeService {
  readonly image?: string;
  readonly container_name?: string;
  readonly profiles?: readonly string[];
  readonly restart?: string;
  readonly stop_grace_period?: string;
  readonly scale?: number;
  readonly depends_on?: Readonly<
    Record<string, { readonly required?: boolean; readonly condition?: string }>
  >;
  readonly volumes?: readonly { readonly type?: string; readonly source?: string }[];
  readonly deploy?: { readonly replicas?: number };
}

/**
 * @param as `written`: with the names of variables in place of their values
 * @throws DeployError `compose-invalid`; `compose-unavailable` when Compose does not answer
 */
export async function readConfig(
  where: ComposeFiles,
  variables: ComposeVariables,
  { ask }: Limits,
  as: 'config' | 'written' = 'config',
): Promise<ComposeConfig & ComposeModel> {
  const doing = `reading the Compose project in ${where.directory}`;
  const run = { doing, code: 'compose-unavailable', limit: ask } as const;
  try {
    return JSON.parse(await runCompose(where, composeCommands[as], variables, run));
  } catch (error) {
    if (error instanceof DeployError) throw error;
    throw new DeployError(
      'compose-invalid',
      {
        doing,
        found: composeReason(error),
        fix: 'run `docker compose config` there and fix what it reports',
      },
      { cause: error },
    );
  }
}

const MAJOR = 2;

/**
 * Compose v2 or later, as a plugin of the docker CLI: v1 has neither the commands nor the names used here.
 *
 * @throws DeployError `compose-unavailable`
 */
export async function assertComposeV2({ directory }: ComposeFiles, { ask }: Limits): Promise<void> {
  const doing = 'looking for Docker Compose';
  const code = 'compose-unavailable';
  const version = await runDocker(['compose', 'version', '--short'], {
    doing,
    code,
    limit: ask,
    cwd: directory,
  });
  const major = Number(/^v?(\d+)\./.exec(version.stdout ?? '')?.[1]);
  if (major >= MAJOR) return;
  throw new DeployError(code, {
    doing,
    found: version.error ? 'docker compose does not answer' : `version ${version.stdout}`,
    wanted: 'Docker Compose v2 or later, as a plugin of the docker command',
    fix: 'install the docker-compose-plugin package (or docker-compose-v2)',
  });
}
