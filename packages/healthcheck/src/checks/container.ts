import { option, readOptions } from '@cutover/internal';
import type { Check, CheckDetails } from '../check.ts';
import { HealthcheckError, refuseOption } from '../errors.ts';
import type { ContainerEngine } from './container-engine.ts';
import { defineCheck } from './define-check.ts';
import { engineApi } from './engine-api.ts';
import { requireMethods } from './require-methods.ts';
import { singleFlight } from './single-flight.ts';

/** A container by name or id, or the containers of a Compose service. */
export type ContainerTarget = string | { readonly project: string; readonly service: string };

export interface ContainerCheckOptions {
  /** Default: the container's or the service's name. */
  name?: string;
  /** Containers of the service that must be healthy; default all of them, at least 1. */
  min?: number;
  /** The engine's Unix socket; default that of `DOCKER_HOST`, else `/var/run/docker.sock`. */
  socketPath?: string;
  /** An engine client in place of the socket: a Docker of dockerode. */
  engine?: ContainerEngine;
}

/**
 * A container runs and its health check, if it has one, is good. Of what the engine tells, only the state is read.
 * @throws {HealthcheckError} `invalid-options` at the call; `run` rejects with `not-ready` (starting, none yet),
 * `unhealthy`, `unreachable` (no engine) or `denied`.
 */
export function containerCheck(target: ContainerTarget, options: ContainerCheckOptions = {}): Check {
  const called = readTarget(target);
  const { name, min, socketPath, engine } = readOptions(
    options,
    { name: option.text, min: option.count, socketPath: option.text, engine: option.object },
    { name: called },
    refuseOption('containerCheck'),
  );
  if (engine) requireMethods('containerCheck', engine, 'getContainer', 'listContainers');
  const doing = `looking at ${typeof target === 'string' ? 'container' : 'service'} ${called}`;
  const look = async (source: ContainerEngine) => {
    const ids = await idsOf(target, source);
    const states = await Promise.all(
      ids.map(async (id) => readState(await source.getContainer(id).inspect())),
    );
    return judge(states, min ?? Math.max(1, states.length), doing);
  };
  const run = engine
    ? singleFlight(() => look(engine))
    : (signal: AbortSignal) => look(engineApi(socketPath, signal));
  return defineCheck({ name, doing, run });
}

/** The name of the container or service; refuses a target that names neither. */
function readTarget(target: ContainerTarget): string {
  const { project, service } = Object(target) as { project?: unknown; service?: unknown };
  const called = typeof target === 'string' ? target : typeof project === 'string' ? service : undefined;
  if (typeof called === 'string' && called !== '') return called;
  throw new HealthcheckError('invalid-options', {
    doing: 'reading what containerCheck is to look at',
    found: 'something else',
    wanted: "a container's name or id, or { project, service }",
  });
}

async function idsOf(target: ContainerTarget, engine: ContainerEngine): Promise<readonly string[]> {
  if (typeof target === 'string') return [target];
  const label = [
    `com.docker.compose.project=${target.project}`,
    `com.docker.compose.service=${target.service}`,
  ];
  const found = await engine.listContainers({ all: true, filters: { label } });
  return found.map(({ Id }) => Id);
}

interface ContainerState {
  status: string;
  /** `starting`, `healthy`, `unhealthy`, or nothing where no check is declared. */
  health: string | undefined;
  oomKilled: boolean;
  restarts: number;
}

/** Reads the documented fields of `GET /containers/{id}/json`; the container's environment is not read. */
function readState(inspected: unknown): ContainerState {
  const { State, RestartCount } = Object(inspected) as {
    State?: { Status?: string; OOMKilled?: boolean; Health?: { Status?: string } };
    RestartCount?: number;
  };
  const health = State?.Health?.Status;
  return {
    status: String(State?.Status ?? 'unknown'),
    health: health === 'none' ? undefined : health,
    oomKilled: State?.OOMKilled === true,
    restarts: Number(RestartCount) || 0,
  };
}

const isWell = ({ status, health }: ContainerState): boolean =>
  status === 'running' && (health === undefined || health === 'healthy');

const isComing = ({ status, health }: ContainerState): boolean =>
  status === 'created' || status === 'restarting' || (status === 'running' && health === 'starting');

function judge(states: readonly ContainerState[], min: number, doing: string): CheckDetails {
  const well = states.filter(isWell).length;
  const facts = {
    well,
    containers: states.length,
    restarts: states.reduce((sum, { restarts }) => sum + restarts, 0),
  };
  if (well >= min) return { facts };
  const found = states.map(describe).join('; ') || 'no container';
  const code = states.length === 0 || states.some(isComing) ? 'not-ready' : 'unhealthy';
  throw new HealthcheckError(code, { doing, found, wanted: `${min} running and healthy` }, { facts });
}

const describe = ({ status, health, oomKilled }: ContainerState): string =>
  `${status}${health ? `, ${health}` : ''}${oomKilled ? ', out of memory' : ''}`;
