import { option } from '@cutover/internal';
import type { Command } from '../commands/command.ts';
import * as wait from '../commands/wait.ts';
import { checkOptions, HaproxyError, isHaproxyError } from '../errors.ts';
import type { ServerName } from '../grammar/words.ts';
import { DRAIN_TIMEOUT } from './drain.ts';
import { doingTo, SERVER_RULES } from './on-server.ts';
import { STATE_TIMEOUT } from './open.ts';
import { describeServer, viewServer } from './server-view.ts';
import type { Haproxy } from './verb.ts';

interface WaitOptions {
  /** Milliseconds; default {@link DRAIN_TIMEOUT}. */
  timeout?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface WaitServerRemovableOptions extends ServerName, WaitOptions {}

export interface WaitBackendRemovableOptions extends WaitOptions {
  backend: string;
}

/**
 * Waits until HAProxy would delete a server that is in maintenance, without asking again and again (HAProxy 3.0).
 * False: the limit passed first.
 * @throws {HaproxyError} `conflict` when it is not in maintenance, or can never be deleted since the configuration names
 *   it, which HAProxy says from 3.4 on; `not-found`; `unsupported`.
 */
export async function waitServerRemovable(
  haproxy: Haproxy,
  options: WaitServerRemovableOptions,
): Promise<boolean> {
  const doing = doingTo(haproxy, 'waiting for the end of', options);
  const { timeout, signal, ...target } = checkOptions(doing, options, SERVER, DEFAULTS);
  const command = wait.waitServerRemovable(target, timeout);
  // Before 3.4 "Failed." is all that HAProxy says.
  const view = await viewServer(haproxy, target, signal ?? new AbortController().signal);
  if (view.admin.maint) return withinLimit(haproxy, command, timeout, signal);
  throw new HaproxyError('conflict', {
    doing,
    found: describeServer(view),
    wanted: 'a server in maintenance',
    fix: 'closeServer() first',
  });
}

/**
 * Waits until HAProxy would delete a backend that is unpublished and has no server (HAProxy 3.4). False: the limit
 * passed first.
 * @throws {HaproxyError} `conflict` when it can never be deleted; `not-found`; `unsupported`.
 */
export async function waitBackendRemovable(
  haproxy: Haproxy,
  options: WaitBackendRemovableOptions,
): Promise<boolean> {
  const doing = `waiting for the end of backend ${options?.backend} at ${haproxy.label}`;
  const { timeout, signal, backend } = checkOptions(doing, options, BACKEND, DEFAULTS);
  return withinLimit(haproxy, wait.waitBackendRemovable(backend, timeout), timeout, signal);
}

async function withinLimit(
  haproxy: Haproxy,
  command: Command<true>,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    return await haproxy.runLong(command, timeout + STATE_TIMEOUT, signal);
  } catch (error) {
    // The limit as HAProxy answers it; no answer at all is an error.
    if (isHaproxyError(error, 'timeout') && error.facts.answer !== undefined) return false;
    throw error;
  }
}

// HAProxy does not accept Infinity as a delay.
const BACKEND = { backend: option.text, timeout: option.duration, signal: option.signal };
const SERVER = { ...BACKEND, server: SERVER_RULES.server };
const DEFAULTS = { timeout: DRAIN_TIMEOUT };
