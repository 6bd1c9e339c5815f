import { type Clock, option, systemClock } from '@cutover/internal';
import { type Connect, type Endpoint, readAddress } from '../connection/address.ts';
import { checkOptions, HaproxyError } from '../errors.ts';

/** Milliseconds for one command. */
export const COMMAND_TIMEOUT = 5_000;
/** Milliseconds to connect and to enter prompt mode. */
export const CONNECT_TIMEOUT = 2_000;
/** Bytes that one answer may have: `show stat` of 10,000 servers has 3 MB. */
export const REPLY_LIMIT = 256 * 1024 * 1024;

export interface RuntimeClientOptions {
  /**
   * The path of a Unix socket, from the working directory (`run/haproxy/admin.sock`) or whole, or
   * `tcp://127.0.0.1:9999`. Either this or `connect`.
   */
  address?: string | undefined;
  /** Opens a stream to the socket in another way: over SSH, or through a container's exec. */
  connect?: Connect | undefined;
  /** Lets `address` be TCP beyond loopback; default false. HAProxy asks for no password there. */
  allowRemote?: boolean | undefined;
  /** Milliseconds for one command, waiting for a free connection included; default {@link COMMAND_TIMEOUT}. */
  timeout?: number | undefined;
  /** Milliseconds to connect; default {@link CONNECT_TIMEOUT}. */
  connectTimeout?: number | undefined;
  /** Bytes that one answer may have; default {@link REPLY_LIMIT}. */
  replyLimit?: number | undefined;
  /** Opens one connection per command instead of a persistent one; default false. */
  oneShot?: boolean | undefined;
  /** Ends every command. */
  signal?: AbortSignal | undefined;
  /** Time, for tests. */
  clock?: Clock | undefined;
}

const DOING = 'creating a HAProxy client';

const RULES = {
  address: option.text,
  connect: option.function,
  allowRemote: option.boolean,
  timeout: option.limit,
  connectTimeout: option.duration,
  replyLimit: option.count,
  oneShot: option.boolean,
  signal: option.signal,
  clock: option.object,
};

export const readClientOptions = (given: RuntimeClientOptions) => {
  const { address, connect, allowRemote, ...rest } = checkOptions(DOING, given, RULES, {
    allowRemote: false,
    timeout: COMMAND_TIMEOUT,
    connectTimeout: CONNECT_TIMEOUT,
    replyLimit: REPLY_LIMIT,
    oneShot: false,
    clock: systemClock,
  });
  return { ...rest, endpoint: readEndpoint(address, connect, allowRemote) };
};

function readEndpoint(
  address: string | undefined,
  connect: Connect | undefined,
  allowRemote: boolean,
): Endpoint {
  if (address !== undefined && connect === undefined) return readAddress(address, allowRemote);
  if (address === undefined && connect !== undefined) return { label: 'HAProxy (own connection)', connect };
  throw new HaproxyError('invalid-options', {
    doing: DOING,
    found: `${address ? 'both' : 'neither'} of address and connect`,
    wanted: 'one of them',
  });
}
