import type { Socket } from 'node:net';
import { systemClock } from '@cutover/internal';

/** Where Linux lists the TCP sockets of this process's network, including closed sockets that are still sending. */
const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];

/**
 * Bytes that the end of a connection takes at most: FIN, an alert of TLS, GOAWAY, a close frame. A client that has
 * vanished never acknowledges them, and loses nothing.
 */
const END = 128;

/** Milliseconds between two looks, at first and at last. */
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 100;

/**
 * Data that the kernel still sends for connections that Node has closed. In a container it is lost when the process
 * ends, because the network ends too.
 */
export class Unacknowledged {
  readonly #pairs = new Set<string>();
  #count = 0;

  /** Records an open connection. */
  add({ localPort, remotePort }: Socket): void {
    if (localPort !== undefined && remotePort !== undefined) this.#pairs.add(pair(localPort, remotePort));
  }

  /** The connections with unacknowledged data at the last check. */
  get count(): number {
    return this.#count;
  }

  /**
   * Resolves once clients have acknowledged everything; at once where there is no such table. It uses the system's
   * clock, as it waits for the network.
   */
  async settled(signal: AbortSignal): Promise<void> {
    for (let pause = FIRST_PAUSE; await this.#look(); pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      await systemClock.sleep(pause, signal);
    }
  }

  async #look(): Promise<boolean> {
    if (this.#pairs.size === 0) return false;
    // Loaded only at the end of a drain, not at start-up.
    const { readFile } = await import('node:fs/promises');
    const tables = await Promise.all(TABLES.map((path) => readFile(path, 'latin1').catch(() => '')));
    this.#count = tables.flatMap((table) => table.split('\n')).filter((line) => this.#isSending(line)).length;
    return this.#count > 0;
  }

  /**
   * A line has a number, two addresses with their ports, a state, and the bytes of both queues, all but the first in
   * hex.
   */
  #isSending(line: string): boolean {
    const [, local = '', remote = '', , queues = ''] = line.trim().split(/\s+/);
    return this.#pairs.has(`${portOf(local)} ${portOf(remote)}`) && Number.parseInt(queues, 16) > END;
  }
}

const portOf = (address: string): string => address.slice(address.indexOf(':') + 1);

const pair = (...ports: number[]): string =>
  ports.map((port) => port.toString(16).toUpperCase().padStart(4, '0')).join(' ');
